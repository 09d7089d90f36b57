# Runs a command whenever the mounted certificate has been renewed, again until it succeeds. Stores
# read theirs at their start only: this runs beside one and tells it.
seen=$(readlink /tls/..data)
while sleep "${RENEW_SECONDS:-30}"; do
  now=$(readlink /tls/..data)
  [ "$now" = "$seen" ] || { "$@" && seen=$now; }
done
