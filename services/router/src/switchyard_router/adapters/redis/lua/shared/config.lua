-- Keeps a queue, agent or plan; `fields` are names and values, in turn. `fresh`: there was none of this name.
local function put_config(kind, id, version, uses, fields, fresh)
  local key, self = P .. kind .. ':' .. id, kind .. ':' .. id
  local args = {'config_version', version, 'uses', uses}
  for _, part in ipairs(fields) do args[#args + 1] = part end
  redis.call('HSET', key, unpack(args))
  redis.call('SADD', P .. kind .. 's', id)
  for used in string.gmatch(uses, '[^,]+') do redis.call('SADD', P .. 'users:' .. used, self) end
  if kind == 'agent' and fresh then
    redis.call('HSET', key, 'base', 'OFFLINE', 'shown', 'OFFLINE', 'shown_ms', digits(now), 'version', '0')
  end
  emit('config.' .. kind, id, version, {id = id, version = tonumber(version)})
end
