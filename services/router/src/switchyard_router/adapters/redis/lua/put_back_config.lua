-- Args: for each queue, agent and plan: kind, id, version, what it uses (as upsert_config), how many further arguments,
-- then field, value, ... All of it in one step, and only into a store that has no configuration: many routers try at once.
for _, kind in ipairs({'queue', 'agent', 'plan'}) do
  if redis.call('EXISTS', P .. kind .. 's') == 1 then return {'NOT_EMPTY'} end
end
local at = 1
while at <= #A do
  local fields, last = {}, at + 4 + tonumber(A[at + 4])
  for i = at + 5, last do fields[#fields + 1] = A[i] end
  put_config(A[at], A[at + 1], A[at + 2], A[at + 3], fields, true)
  at = last + 1
end
return {'OK'}
