-- Args: contact, version that the new values were made from, how long the preferred agent is waited for in ms ('' as
-- before), then field, value, ... of the hash.
-- The caller read, merged and writes: whoever wrote meanwhile makes it read again (CHANGED).
local c = contact(A[1])
if not c then return {'CONTACT_UNKNOWN'} end
if terminal(c) then return {'CONTACT_GONE'} end
if c.f.state ~= 'QUEUED' and c.f.state ~= 'OFFERING' then return {'WRONG_STATE', c.f.state} end
if c.f.version ~= A[2] then return {'CHANGED'} end
for i = 4, #A, 2 do set(c, A[i], A[i + 1]) end
if A[3] ~= '' then set(c, 'preferred_ms', c.f.preferred ~= '' and now + tonumber(A[3]) or 0) end
place(c)
if c.f.state == 'QUEUED' then line_up(c) end
stays(c, 'contact.updated')
save(c)
remember(c.id)
return {'OK', flat_contact(c.id)}
