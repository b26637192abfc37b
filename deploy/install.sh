#!/bin/sh
# Install or update the blog on Debian 12 or 13, as root, from the folder /srv/clinic-blog:
#
#     deploy/install.sh blog.example
#
# It may be run again at any time: what is there is kept, and what is newer in the folder is put to use.
# Without systemd (in a container, say) everything but starting is done.
set -eu

host=${1:-}
home=/srv/clinic-blog
account=clinic-blog
units=/etc/systemd/system

say() { printf '\n%s\n' "$*"; }
fail() { echo "$*" >&2; exit 1; }
as_blog() { (cd "$home" && runuser -u "$account" -- "$@"); }
has_systemd() { [ -d /run/systemd/system ]; }

[ "$(id -u)" = 0 ] || fail "Run it as root."
[ "$(cd "$(dirname "$0")/.." && pwd -P)" = "$home" ] || fail "The project belongs into $home: the units and nginx name it."
case $host in
    *[!a-z0-9.-]* | "" | .* | -*) fail "Say the site's name: deploy/install.sh blog.example" ;;
esac

say "Debian's packages"
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
apt-get -qq install --yes python3-venv postgresql postgresql-client nginx-light ca-certificates > /dev/null
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "Python 3.11 or newer is needed."

say "The account, which owns var/ and nothing else"
getent passwd "$account" > /dev/null || useradd --system --home-dir "$home" --no-create-home --shell /usr/sbin/nologin "$account"
install -d -o "$account" -g "$account" -m 0755 "$home/var" "$home/var/media"

say "Python packages"
[ -x "$home/.venv/bin/python" ] || python3 -m venv "$home/.venv"
requirements=requirements.txt
# Whoever has chosen S3 or Sentry keeps them.
if [ -f "$home/.env" ] && grep -qE '^(MEDIA_S3_BUCKET|SENTRY_DSN)=.' "$home/.env"; then requirements=requirements-extras.txt; fi
"$home/.venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --requirement "$home/$requirements"

if [ ! -f "$home/.env" ]; then
    say "Settings: .env, readable by root and the account"
    (
        umask 077
        key=$("$home/.venv/bin/python" -c 'import secrets; print(secrets.token_urlsafe(50))')
        {
            echo "SECRET_KEY=$key"
            echo "ALLOWED_HOSTS=$host"
            echo "SITE_URL=https://$host"
            echo "# By the socket, where PostgreSQL knows the account: there is no password."
            echo "DATABASE_URL=postgres://$account@//var/run/postgresql/$account"
        } > "$home/.env"
    )
    chown "root:$account" "$home/.env"
    chmod 0640 "$home/.env"
fi

if grep -q '^DATABASE_URL=postgres://clinic-blog@//var/run/postgresql/' "$home/.env"; then
    say "The database on this machine"
    if has_systemd; then systemctl start postgresql; else service postgresql start > /dev/null; fi
    as_postgres() { (cd / && runuser -u postgres -- "$@"); }
    [ "$(as_postgres psql -tAc "SELECT 1 FROM pg_roles WHERE rolname = '$account'")" = 1 ] || as_postgres createuser "$account"
    [ "$(as_postgres psql -tAc "SELECT 1 FROM pg_database WHERE datname = '$account'")" = 1 ] ||
        as_postgres createdb --owner="$account" --encoding=UTF8 --locale=C.UTF-8 --template=template0 "$account"
fi

say "Static files, and the tables of the database"
"$home/.venv/bin/python" -m compileall -q "$home/clinic" "$home/articles" "$home/references" "$home/signing_in"
(cd "$home" && .venv/bin/python manage.py collectstatic --no-input --verbosity 0)
as_blog .venv/bin/python manage.py migrate --no-input --verbosity 0
as_blog .venv/bin/python manage.py check --deploy --fail-level WARNING

say "Units, timers, nginx"
install -m 0644 "$home"/deploy/systemd/clinic-blog* "$units"
install -d /etc/systemd/journald.conf.d
install -m 0644 "$home/deploy/systemd/journald.conf" /etc/systemd/journald.conf.d/clinic-blog.conf
if [ -f "$home/deploy/nginx.conf" ]; then
    sed "s/blog\.example/$host/g" "$home/deploy/nginx.conf" > /etc/nginx/sites-available/clinic-blog
    ln -sf ../sites-available/clinic-blog /etc/nginx/sites-enabled/clinic-blog
    rm -f /etc/nginx/sites-enabled/default
fi

if has_systemd; then
    systemctl daemon-reload
    systemctl restart systemd-journald
    systemctl enable --quiet --now clinic-blog.socket
    systemctl enable --quiet clinic-blog.service
    # Who asks meanwhile waits in the socket.
    systemctl restart clinic-blog.service
    for timer in check_references check_links send_worklist tidy_sign_ins; do
        systemctl enable --quiet --now "clinic-blog@$timer.timer"
    done
    systemctl enable --quiet --now clinic-blog-backup.timer
    if nginx -t -q; then systemctl reload-or-restart nginx; else
        say "nginx waits for its certificate. Get one, then run this again:
  apt-get install certbot && systemctl stop nginx
  certbot certonly --standalone --domain $host --deploy-hook 'systemctl reload nginx'"
    fi
fi

say "Done. The first account: cd $home && runuser -u $account -- .venv/bin/python manage.py createsuperuser"
