# Writes what makes a server or a Sentinel speak TLS only; its port is the argument. Clients show a
# password, servers to each other a certificate, too.
cat <<END
port 0
tls-port $1
tls-cert-file /tls/tls.crt
tls-key-file /tls/tls.key
tls-ca-cert-file /tls/ca.crt
tls-auth-clients optional
tls-replication yes
END
