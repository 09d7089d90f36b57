# Sets `master` to the server that a Sentinel names. At the very first start none does: redis-0 it is.
me="$HOSTNAME.redis"
master=redis-0.redis
for number in 0 1 2; do
  named=$(timeout 3 valkey-cli --no-auth-warning --tls --cacert /tls/ca.crt \
    -h "redis-$number.redis" -p 26379 sentinel get-master-addr-by-name switchyard 2>/dev/null | head -n 1) || true
  case $named in redis-[0-2].redis) master=$named && break ;; esac
done
