#!/bin/sh
# Install or update the blog on Debian 12 or 13, as root, from the folder /srv/clinic-blog:
#
#     deploy/install.sh blog.example
#
# It may be run again at any time, also when it was stopped half-way: what is there is kept, and what is newer
# in the folder is put to use. Without systemd (in a container, say) everything but starting is done.
set -eu
# What it makes has to be read by the account and by nginx.
umask 022

home=/srv/clinic-blog
account=clinic-blog
units=/etc/systemd/system
site=/etc/nginx/sites-available/clinic-blog

say() { printf '\n%s\n' "$*"; }
fail() { echo "$*" >&2; exit 1; }
as_blog() { (cd "$home" && runuser -u "$account" -- "$@"); }
has_systemd() { [ -d /run/systemd/system ]; }

[ "$(id -u)" = 0 ] || fail "Run it as root."
[ "$(cd "$(dirname "$0")/.." && pwd -P)" = "$home" ] || fail "The project belongs into $home: the units and nginx name it."
[ $# = 1 ] || fail "Say the site's one name: deploy/install.sh blog.example"
host=$(echo "$1" | tr '[:upper:]' '[:lower:]')
case $host in
    *[!a-z0-9.-]* | "" | .* | -* | *. | *..*) fail "$1 is no name of a host: deploy/install.sh blog.example" ;;
esac
if [ -f "$home/.env" ]; then
    known=$(sed -n 's/^ALLOWED_HOSTS=//p' "$home/.env" | tr -d "\"' ")
    case ",$known," in
        ,, | *",$host,"* | *,.*) ;;
        *) fail "$home/.env names another host. Put $host into ALLOWED_HOSTS and SITE_URL there first." ;;
    esac
fi

say "Debian's packages"
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
apt-get -qq install --yes python3-venv postgresql postgresql-client nginx-light ca-certificates curl logrotate > /dev/null
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "Python 3.11 or newer is needed."

say "The account, which owns var/ and nothing else"
getent passwd "$account" > /dev/null || useradd --system --home-dir "$home" --no-create-home --shell /usr/sbin/nologin "$account"
# Whatever the umask was when the project was fetched.
find "$home" -mindepth 1 -maxdepth 1 ! -name '.*' ! -name var ! -name deploy -exec chmod -R a+rX {} +
chmod a+rX "$home" "$home/deploy" "$home/deploy/gunicorn.conf.py"
install -d -o "$account" -g "$account" -m 0755 "$home/var" "$home/var/media"

say "Python packages"
# Also when Debian has another Python now, or when this was stopped half-way.
"$home/.venv/bin/python" -m pip --version > /dev/null 2>&1 || python3 -m venv --clear "$home/.venv"
requirements=requirements.txt
# Whoever has chosen S3 or Sentry keeps them.
if [ -f "$home/.env" ] && grep -qE '^(MEDIA_S3_BUCKET|SENTRY_DSN)=.' "$home/.env"; then requirements=requirements-extras.txt; fi
"$home/.venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --requirement "$home/$requirements"

if [ ! -f "$home/.env" ]; then
    say "Settings: .env, readable by root and the account"
    key=$("$home/.venv/bin/python" -c 'import secrets; print(secrets.token_urlsafe(50))')
    install -o root -g "$account" -m 0640 /dev/null "$home/.env.new"
    {
        echo "SECRET_KEY=$key"
        echo "ALLOWED_HOSTS=$host"
        echo "SITE_URL=https://$host"
        echo "# By the socket, where PostgreSQL knows the account: there is no password."
        echo "DATABASE_URL=postgres://$account@//var/run/postgresql/$account"
    } > "$home/.env.new"
    # There whole, or not at all.
    mv "$home/.env.new" "$home/.env"
fi

if grep -q '^DATABASE_URL=postgres://clinic-blog@//var/run/postgresql/' "$home/.env"; then
    say "The database on this machine"
    if has_systemd; then systemctl start postgresql; else service postgresql start > /dev/null; fi
    as_postgres() { (cd / && runuser -u postgres -- "$@"); }
    [ "$(as_postgres psql -tAc "SELECT 1 FROM pg_roles WHERE rolname = '$account'")" = 1 ] || as_postgres createuser "$account"
    [ "$(as_postgres psql -tAc "SELECT 1 FROM pg_database WHERE datname = '$account'")" = 1 ] ||
        as_postgres createdb --owner="$account" --encoding=UTF8 --locale=C.UTF-8 --template=template0 "$account"
    # Of a name or mail address that is taken already its log is not to say which.
    as_postgres psql -qc "ALTER ROLE \"$account\" SET log_error_verbosity = terse"
fi

say "Static files, and the tables of the database"
"$home/.venv/bin/python" -m compileall -q "$home/clinic" "$home/articles" "$home/references" "$home/signing_in"
(cd "$home" && .venv/bin/python manage.py collectstatic --no-input --verbosity 0)
as_blog .venv/bin/python manage.py migrate --no-input --verbosity 0
as_blog .venv/bin/python manage.py check --deploy --fail-level WARNING

say "Units, timers, nginx"
install -m 0644 "$home"/deploy/systemd/clinic-blog*.service "$home"/deploy/systemd/clinic-blog*.socket "$units"
if has_systemd; then
    systemctl daemon-reload
    systemctl enable --quiet --now clinic-blog.socket
    systemctl enable --quiet clinic-blog.service
    # Who asks meanwhile waits in the socket.
    systemctl restart clinic-blog.service
fi
for timer in "$home"/deploy/systemd/*.timer; do
    name=$(basename "$timer")
    # One that was switched off, on a second host say, stays so.
    if [ -e "$units/$name" ]; then is_new=; else is_new=1; fi
    install -m 0644 "$timer" "$units"
    if [ "$is_new" ]; then systemctl enable --quiet "$name"; fi
    if has_systemd && [ "$is_new" ]; then systemctl start "$name"; fi
done
install -d /etc/systemd/journald.conf.d
install -m 0644 "$home/deploy/systemd/journald.conf" /etc/systemd/journald.conf.d/clinic-blog.conf
if has_systemd; then systemctl daemon-reload && systemctl restart systemd-journald; fi

shipped=$(mktemp)
sed "s/blog\.example/$host/g" "$home/deploy/nginx.conf" > "$shipped"
has_certificate=
if [ -f "/etc/letsencrypt/live/$host/fullchain.pem" ]; then has_certificate=1; else sed -i '/^# With a certificate$/,$d' "$shipped"; fi
# nginx does not start where the kernel has no IPv6.
[ -e /proc/net/if_inet6 ] || sed -i '/listen \[::\]/d' "$shipped"
# A file that somebody has changed is kept, and what is shipped now is put beside it.
if [ ! -e "$site" ] || cmp -s "$site" "$site.shipped" || cmp -s "$site" "$shipped"; then
    install -m 0644 "$shipped" "$site"
else
    say "$site was changed by hand and is kept. Compare it with what is shipped now:
  diff -u $site $site.shipped"
fi
install -m 0644 "$shipped" "$site.shipped"
rm "$shipped"
ln -sf ../sites-available/clinic-blog /etc/nginx/sites-enabled/clinic-blog
rm -f /etc/nginx/sites-enabled/default
install -d /var/www/html
# Warnings, of words that newer versions call old, are for the log.
said=$(nginx -t -q 2>&1) || fail "$said
nginx goes on with what it had."
if has_systemd; then systemctl reload-or-restart nginx; fi
[ "$has_certificate" ] || say "nginx answers at port 80 only, until there is a certificate. Get one, then run this again:
  apt-get install certbot
  certbot certonly --webroot --webroot-path /var/www/html --domain $host --deploy-hook 'systemctl reload nginx'"

say "Done. The first account: cd $home && runuser -u $account -- .venv/bin/python manage.py createsuperuser"
