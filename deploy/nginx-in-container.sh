#!/bin/sh
# nginx.conf as the container `web` needs it: the program is at another place, and the site has a name.
set -eu
sed -e "s#unix:/run/clinic-blog.sock#${APP:-app:8000}#" -e "s/blog\.example/${HOST:?}/g" \
    /etc/nginx/clinic-blog.conf > /etc/nginx/conf.d/default.conf
