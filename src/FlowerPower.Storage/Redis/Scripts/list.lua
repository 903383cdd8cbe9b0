-- Places in a shard's list, newest first, bucket by bucket. KEYS[1] the index; ARGV three for each bucket: its code, the place to go
-- on after ('' begins with the newest), greatest number.
local pages = {}
for i = 1, #ARGV, 3 do
  local code, after, most = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2])
  local page = {}
  local from = after == '' and '(' .. code .. '\255' or '(' .. code .. after .. '\0'
  local batch = 1 + math.floor(most / 16)
  repeat
    local chunks = redis.call('ZREVRANGEBYLEX', KEYS[1], from, '[' .. code, 'LIMIT', 0, batch)
    for j = 1, #chunks do
      for place in places_backwards(chunks[j]) do
        if #page == most then break end
        if after == '' or comes_before(place, after) then page[#page + 1] = code .. place end
      end
    end
    from = '(' .. (chunks[#chunks] or '')
  until #page == most or #chunks < batch
  pages[#pages + 1] = page
end
return pages
