-- Args: agent, base presence, reason, 1 to wait for the contact in hand, expected version ('' any), epoch (0 any),
-- lease ms of an agent without a desktop (feature codes).
local a = agent(A[1])
if not a then return {'AGENT_UNKNOWN'} end
if A[5] ~= '' and A[5] ~= a.f.version then return {'ETAG_MISMATCH'} end
local other = not_in_session(a, A[6])
if other then return {other} end
local forgiven = forgiven_until()
local lapsed = num(a, 'lease_ms') <= now
-- Without this a desktop that slept through its lease would get one that nobody has to renew.
if A[6] ~= '0' and lapsed and forgiven <= now then return {'LEASE_LAPSED'} end
if A[2] ~= 'OFFLINE' and lapsed then
  set(a, 'lease_ms', A[6] ~= '0' and forgiven or now + tonumber(A[7]))
  arm('lease:' .. a.id, num(a, 'lease_ms'))
end
set(a, 'rona', 0)
if A[4] == '1' and next(a.held) ~= nil then
  set(a, 'next_base', A[2])
  set(a, 'next_reason', A[3])
  save_agent(a, 'NEXT_PRESENCE')
elseif A[2] == 'OFFLINE' then
  leave_agent(a, 'OFFLINE', A[3])
else
  set(a, 'base', A[2])
  set(a, 'reason', A[3])
  set(a, 'next_base', '')
  local offered = {}
  for id, stage in pairs(a.held) do
    if A[2] ~= 'AVAILABLE' and string.find(stage, ':offered', 1, true) then offered[#offered + 1] = contact(id) end
  end
  save_agent(a, A[3])
  for _, c in ipairs(offered) do miss_offer(c, 'DECLINED', 'AGENT_NOT_READY', false) end
end
remember(A[1])
return {'OK'}
