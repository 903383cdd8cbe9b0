-- Deletes records that have expired, chunk by chunk. KEYS as in append.lua; ARGV claim, now in ticks (8 bytes), greatest number.
local h = head_of(KEYS[1])
if h.claim ~= ARGV[1] then return { 'FENCED' } end
local now, room, deleted = ARGV[2], tonumber(ARGV[3]), 0
local limit = decimal(millis(now))
local stuck
repeat
  local hints = redis.call('ZRANGEBYSCORE', KEYS[8], '-inf', limit, 'LIMIT', 0, decimal(room - deleted))
  stuck = true
  for i = 1, #hints do
    if deleted == room then break end
    local code = string.sub(hints[i], 1, width_of(hints[i]))
    local first = string.sub(hints[i], #code + 1)
    local chunk = open_chunk(KEYS[5], code, first)
    local places, ids, gone, rest, earliest = {}, {}, {}, {}, math.huge
    if chunk.first == first then
      places = places_of(chunk.text)
    else
      -- No such chunk: nothing here leaves a hint behind, but one that was left must not be met for ever.
      redis.call('ZREM', KEYS[8], hints[i])
      chunk = nil
    end
    for j = 1, #places do ids[j] = string.sub(places[j], 9) end
    local values = values_of(KEYS[3], ids)
    for j = 1, #places do
      local record = values[j] and parse(values[j])
      if record and record.expires and is_due(record.expires, now) and deleted < room then
        deleted = deleted + 1
        gone[#gone + 1] = ids[j]
      else
        rest[#rest + 1] = places[j]
        if record and record.expires then earliest = math.min(earliest, millis(record.expires)) end
      end
    end
    if #gone > 0 then chunk.places = rest end
    close_chunk(KEYS[8], chunk, earliest)
    in_portions('HDEL', KEYS[3], gone)
    if #gone > 0 and redis.call('HINCRBY', KEYS[7], number_of(code), -#gone) == 0 then redis.call('HDEL', KEYS[7], number_of(code)) end
    if earliest > tonumber(limit) then stuck = false end
  end
  -- What is due within this very millisecond, but not yet, would be found for ever.
until deleted == room or #hints == 0 or stuck
return { 'OK', deleted }
