# Makes the two databases at the first start. Sourced by the image, which stops at errors.
psql -v ON_ERROR_STOP=1 -v crm="$CRM_PASSWORD" -v history="$HISTORY_PASSWORD" -U postgres <<'END'
CREATE ROLE crm LOGIN PASSWORD :'crm';
CREATE ROLE history LOGIN PASSWORD :'history';
CREATE DATABASE crm OWNER crm;
CREATE DATABASE history OWNER history;
REVOKE CONNECT ON DATABASE crm, history FROM PUBLIC;
END
