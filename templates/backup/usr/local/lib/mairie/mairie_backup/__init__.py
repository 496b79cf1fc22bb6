"""What a commune's host does about its backups: the night, the drill, the way back."""
