# First thing run on a host, as: sh -c "$SCRIPT" mairie RECEIVER REQUEST
# RECEIVER is the source of receive.py, through zlib and base64: short, and free of quotes.
# POSIX sh. Makes sure there is a whole python3 (Debian's minimal one lacks modules), then runs the
# receiver with it. Output: JSON lines on stdout, words of apt on stderr.
umask 077
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH

say() { printf '{"type":"%s","message":"%s"}\n' "$1" "$2"; }

whole_python() {
  python3 -c 'import ctypes, lzma, ssl, tarfile, unittest, venv, importlib.metadata' 2>/dev/null
}

install_python() {
  DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install python3 \
    1>&2 </dev/null
}

if ! whole_python; then
  if ! command -v apt-get >/dev/null; then
    say failed "This host has neither python3 nor apt-get: it must be Debian 13."
    exit 1
  fi
  say warning "python3 is missing or minimal: installing it"
  install_python || { apt-get -q update 1>&2 </dev/null && install_python; } || {
    say failed "python3 could not be installed by apt-get: check that the host reaches its package mirror."
    exit 1
  }
  if ! whole_python; then
    say failed "The python3 that apt-get installed lacks standard modules: install python3-full on the host."
    exit 1
  fi
fi
exec python3 -I -c 'import base64, sys, zlib
exec(compile(zlib.decompress(base64.b64decode(sys.argv.pop(1))), "receive.py", "exec"))' "$1" "$2"
