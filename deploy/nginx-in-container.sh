#!/bin/sh
# nginx.conf as the container `web` needs it: the program is at another place, the site has a name, and what
# is logged goes to whoever runs the container. Without a certificate only port 80 is served.
set -eu
site=/etc/nginx/conf.d/default.conf
sed -e "s#unix:/run/clinic-blog.sock#${APP:-app:8000}#" -e "s/blog\.example/${HOST:?}/g" \
    -e 's#/var/log/nginx/clinic-blog\.log#/dev/stdout#' -e 's#/var/log/nginx/clinic-blog\.error\.log#/dev/stderr#' \
    /etc/nginx/clinic-blog.conf > "$site"
[ -f "/etc/letsencrypt/live/$HOST/fullchain.pem" ] || sed -i '/^# With a certificate$/,$d' "$site"
[ -e /proc/net/if_inet6 ] || sed -i '/listen \[::\]/d' "$site"
