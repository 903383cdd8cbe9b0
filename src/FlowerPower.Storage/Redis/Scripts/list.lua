-- Places in a shard's list, newest first, bucket by bucket. KEYS[1] the index; ARGV three for each bucket: its code, the place to go
-- on after ('' begins with the newest), greatest number.
local pages = {}
for i = 1, #ARGV, 3 do
  local from = ARGV[i + 1] == '' and '(' .. ARGV[i] .. '\255' or '(' .. ARGV[i] .. ARGV[i + 1]
  pages[#pages + 1] = redis.call('ZREVRANGEBYLEX', KEYS[1], from, '[' .. ARGV[i], 'LIMIT', 0, ARGV[i + 2])
end
return pages
