# Runs mairie-backup for somebody far away, as: sh -c "$SCRIPT" mairie ARGUMENT…
# stdout: its JSON lines, then {"kind":"end","status":N}. stdin: the word stop asks it to stop. The
# end of stdin or a stdout that nobody reads any more, as when a link is lost, stops nothing.
# POSIX sh, with setsid and tee of Debian.
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
umask 077

if ! command -v mairie-backup >/dev/null; then
  printf '{"kind":"absent"}\n'
  exit 0
fi
exec 4<&0
{
  setsid mairie-backup "$@" --json 4<&- &
  child=$!
  while read -r word; do
    # Its whole group: restic too, which ends what it sends and leaves its lock to nobody.
    [ "$word" != stop ] || kill -s TERM -- "-$child" 2>/dev/null || kill -s TERM "$child"
  done <&4 &
  reader=$!
  exec 4<&-
  wait "$child"
  status=$?
  kill "$reader" 2>/dev/null
  printf '{"kind":"end","status":%d}\n' "$status"
} | tee -p /dev/null
