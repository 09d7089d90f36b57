-- Args: kind (queue, agent, plan), id, expected version ('' any), 1 to check only, then field, value, ...
local key = P .. A[1] .. ':' .. A[2]
local version = redis.call('HGET', key, 'config_version') or '0'
if A[3] ~= '' and A[3] ~= version then return {'ETAG_MISMATCH', version} end
local newer = string.format('%d', tonumber(version) + 1)
if A[4] == '1' then return {'OK', newer} end
local args = {'config_version', newer}
for i = 5, #A do args[#args + 1] = A[i] end
redis.call('HSET', key, unpack(args))
redis.call('SADD', P .. A[1] .. 's', A[2])
if A[1] == 'agent' and version == '0' then
  redis.call('HSET', key, 'base', 'OFFLINE', 'shown', 'OFFLINE', 'shown_ms', string.format('%.0f', now), 'version', '0')
end
emit('config.' .. A[1], A[2], newer, {id = A[2], version = tonumber(newer)})
return {'OK', newer}
