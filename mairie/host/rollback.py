"""The shell script that brings a host back: run by confirm.py, by its watcher, or at boot."""

ROLLBACK = r"""\
# Brings back the copy kept beside this script (mairie/host/confirm.py), if it is armed.
# Usage: sh rollback [boot]. At boot, before the network: files and links only, nothing to restart.
# Whole or again: "armed" goes last, so that a power cut here means another try.
set -u
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH
kept=${0%/*}
when=${1-now}
[ -e "$kept/armed" ] || exit 0

echo "undoing the deploy begun $(cat "$kept/armed")"
# 1. Files: those that were not there go, the others come back with owner and mode.
tr '\n' '\0' <"$kept/absent" | xargs -0r rm -f
while read -r folder; do
    if [ -d "$folder" ]; then find "$folder" ! -type d; fi
done <"$kept/folders" | sort >"$kept/now"
sort "$kept/present" | comm -13 - "$kept/now" | tr '\n' '\0' | xargs -0r rm -f
tar -xpf "$kept/files.tar" -C / --numeric-owner
# What runs may not be what the files say: the next deploy tells every service again.
while read -r mark; do mkdir -p "${mark%/*}" && : >"$mark"; done <"$kept/pending"

# 2. Units: enabled or not, as before.
while read -r unit enabled _; do
    now=$(systemctl is-enabled "$unit" 2>/dev/null)
    case "$enabled $now" in
    "enabled disabled") systemctl --no-reload enable "$unit" ;;
    "disabled enabled") systemctl --no-reload disable "$unit" ;;
    esac
done <"$kept/units"

# 3. What runs.
if [ "$when" = now ]; then
    systemctl daemon-reload
    if [ -e "$kept/live.nft" ]; then nft -f "$kept/live.nft"; else nft flush ruleset; fi
    while read -r unit _ active; do
        case "$active $unit" in
        "active ssh.service") sshd -t && systemctl reload-or-restart "$unit" ;;
        "active nftables.service") ;;
        active*) systemctl restart "$unit" ;;
        *nftables.service) ;;
        *) systemctl stop "$unit" ;;
        esac
    done <"$kept/units" 2>/dev/null
fi
rm -f /etc/systemd/system/sysinit.target.wants/mairie-confirm.service \
    /etc/systemd/system/mairie-confirm.service "$kept/armed"
sync
exec rm -rf "$kept"
"""
