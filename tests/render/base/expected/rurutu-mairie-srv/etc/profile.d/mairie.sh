# Managed by mairie; changes are overwritten at the next deploy.
# ANSSI-BP-028 R36: what a person writes is that person's.
umask 077
# R32: a session left alone on the console ends after ten minutes; ssh has its own rules.
case $(tty 2>/dev/null) in
/dev/tty[0-9]*)
    TMOUT=600
    readonly TMOUT
    export TMOUT
    ;;
esac
