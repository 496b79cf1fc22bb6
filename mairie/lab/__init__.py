"""The lab: the same inventory in containers and in a QEMU machine."""
