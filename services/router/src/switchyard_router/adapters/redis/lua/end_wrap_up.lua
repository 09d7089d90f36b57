-- Args: agent, contact, disposition.
local c = contact(A[2])
if not c then return {'CONTACT_UNKNOWN'} end
if c.f.agent ~= A[1] then return {'WRONG_AGENT'} end
if c.f.state ~= 'WRAP_UP' then return {'WRONG_STATE', c.f.state} end
if A[3] ~= '' then set(c, 'disposition', A[3]) end
complete(c, 'WRAP_UP_ENDED')
remember(A[1])
return {'OK'}
