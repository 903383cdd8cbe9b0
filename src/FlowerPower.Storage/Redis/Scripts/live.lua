-- A page of live records. KEYS live ids, records; ARGV id to read after ('' begins), greatest number.
local from = ARGV[1] == '' and '-' or '(' .. ARGV[1]
local ids = redis.call('ZRANGEBYLEX', KEYS[1], from, '+', 'LIMIT', 0, ARGV[2])
if #ids == 0 then return { {}, {} } end
return { ids, values_of(KEYS[2], ids) }
