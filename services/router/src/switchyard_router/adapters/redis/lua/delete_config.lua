-- Args: kind (queue, agent, plan), id, expected version ('' any). Deletes what nobody uses; else says who does.
local NAMED = 5
local kind, id = A[1], A[2]
local self, key = kind .. ':' .. id, P .. kind .. ':' .. id
local known = redis.call('HMGET', key, 'config_version', 'uses')
local version = known[1]
if not version then return {'NOT_THERE'} end
if A[3] ~= '' and A[3] ~= version then return {'ETAG_MISMATCH', version} end
local users = {}
for _, user in ipairs(redis.call('SMEMBERS', P .. 'users:' .. self)) do
  if user ~= self then users[#users + 1] = user end
end
local waiting = tonumber(redis.call('HGET', P .. 'residents', self) or '0')
if waiting > 0 then users[#users + 1] = waiting .. ' live contacts' end
if kind == 'agent' then
  local a = agent(id)
  if a.f.base ~= 'OFFLINE' and a.f.base ~= 'DISCONNECTED' then users[#users + 1] = 'a session' end
  for contact_id in pairs(a.held) do users[#users + 1] = 'contact:' .. contact_id end
end
if #users > 0 then
  table.sort(users)
  return {'IN_USE', table.concat(users, ', ', 1, math.min(#users, NAMED)), #users}
end
for used in string.gmatch(known[2] or '', '[^,]+') do redis.call('SREM', P .. 'users:' .. used, self) end
redis.call('DEL', key, P .. 'users:' .. self)
if kind == 'queue' then redis.call('DEL', P .. 'stats:' .. id) end
redis.call('HDEL', P .. 'residents', self)
redis.call('SREM', P .. kind .. 's', id)
if kind == 'agent' then
  redis.call('DEL', P .. 'handled:' .. id)
  disarm('lease:' .. id)
end
local newer = string.format('%d', tonumber(version) + 1)
emit('config.' .. kind, id, newer, {id = id, version = tonumber(newer), deleted = true})
return {'OK', newer}
