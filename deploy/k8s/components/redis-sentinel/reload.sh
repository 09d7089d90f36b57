# Lets a server show its renewed certificate to new connections. It is this pod's own, on loopback,
# and may for a moment show one that the new CA does not know.
exec valkey-cli -e --no-auth-warning --tls --insecure -p 6379 config set \
  tls-cert-file /tls/tls.crt tls-key-file /tls/tls.key tls-ca-cert-file /tls/ca.crt
