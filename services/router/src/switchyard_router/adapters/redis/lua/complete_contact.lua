-- Args: contact, disposition, 1 to skip wrap-up, agent ('' for platforms: any), reason.
-- Ends the conversation; in wrap-up it ends the wrap-up.
local c = contact(A[1])
if not c then return {'CONTACT_UNKNOWN'} end
if terminal(c) then return {'CONTACT_GONE'} end
if A[4] ~= '' and A[4] ~= c.f.agent then return {'WRONG_AGENT'} end
local state = c.f.state
if state ~= 'CONNECTED' and state ~= 'ON_HOLD' and state ~= 'WRAP_UP' then return {'WRONG_STATE', state} end
if A[2] ~= '' then set(c, 'disposition', A[2]) end
if state == 'WRAP_UP' then complete(c, A[5]) else hang_up(c, A[5], A[3] == '1') end
remember(c.id)
return {'OK', flat_contact(c.id)}
