-- Args: agent, device, base presence ('' keeps a live one, else NOT_READY), lease ms.
-- The newer session wins: its epoch is higher, and commands of the older one are refused.
local a = agent(A[1])
if not a then return {'AGENT_UNKNOWN'} end
local lived = math.max(num(a, 'lease_ms'), forgiven_until()) > now
if A[3] ~= '' then
  set(a, 'base', A[3])
  set(a, 'reason', '')
elseif not lived or a.f.base == 'OFFLINE' or a.f.base == 'DISCONNECTED' then
  set(a, 'base', 'NOT_READY')
  set(a, 'reason', 'SIGNED_IN')
end
set(a, 'epoch', rising(num(a, 'epoch')))
set(a, 'device', A[2])
set(a, 'rona', 0)
set(a, 'lease_ms', now + tonumber(A[4]))
arm('lease:' .. a.id, num(a, 'lease_ms'))
save_agent(a, 'SESSION_OPENED')
set(a, 'version', num(a, 'version') + 1)
write(P .. 'agent:' .. a.id, a)
emit('agent.session_opened', a.id, a.f.version, {epoch = num(a, 'epoch'), device = A[2], presence = a.f.shown})
return {'OK', a.f.epoch}
