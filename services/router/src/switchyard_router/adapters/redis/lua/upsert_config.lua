-- Args: kind (queue, agent, plan), id, expected version ('' any), 1 to check only, what it uses ("kind:id", joined by
-- commas), then field, value, ...
-- users:{kind}:{id} holds who names it, so that nothing is deleted that is in use.
local kind, id = A[1], A[2]
local key = P .. kind .. ':' .. id
local known = redis.call('HMGET', key, 'config_version', 'uses')
local version = known[1] or '0'
if A[3] ~= '' and A[3] ~= version then return {'ETAG_MISMATCH', version} end
local self = kind .. ':' .. id
for used in string.gmatch(A[5], '[^,]+') do
  if used ~= self and redis.call('HEXISTS', P .. used, 'config_version') == 0 then return {'USED_UNKNOWN', used} end
end
local newer = string.format('%d', tonumber(version) + 1)
if A[4] == '1' then return {'OK', newer} end
for used in string.gmatch(known[2] or '', '[^,]+') do redis.call('SREM', P .. 'users:' .. used, self) end
local fields = {}
for i = 6, #A do fields[#fields + 1] = A[i] end
put_config(kind, id, newer, A[5], fields, version == '0')
return {'OK', newer}
