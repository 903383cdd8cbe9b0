-- The index: where each record stands in the lists. A sorted-set entry of its own would cost a record 140 bytes, so about thirty neighbours
-- share one: a chunk. All scores are 0, so chunks stand in the order of their bytes, which is that of their first places.
--   place := the instant that lists sort by (8 bytes, big-endian), then the id
--   chunk := bucket's code, first place, one zero byte, then an entry for each further place, ascending
--   entry := id, the last k bytes of the instant, then id's length * 16 + k in 2 bytes; the other bytes of the instant are those of the first
-- An id holds no zero byte and no byte 255. Entries are read from the end, because lists begin with the newest.
-- The expiry set has for each chunk that holds records which expire its code and first place, scored by an instant before which none of
-- them does, in milliseconds. That is a hint: the record alone says whether it expires and when.
-- Nothing here trusts the order of what it is given: places that come in order are only faster.

local CHUNK_BYTES = 1016

-- Whether one place comes before another, byte by byte: Lua's own comparison depends on the server's locale.
local function comes_before(a, b)
  local h1, l1 = struct.unpack('>I4I4', a)
  local h2, l2 = struct.unpack('>I4I4', b)
  if h1 ~= h2 then return h1 < h2 end
  if l1 ~= l2 then return l1 < l2 end
  for i = 9, math.min(#a, #b) do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x < y end
  end
  return #a < #b
end

local function entry_of(place, first)
  local same = 0
  while same < 8 and string.byte(place, same + 1) == string.byte(first, same + 1) do same = same + 1 end
  return string.sub(place, 9) .. string.sub(place, same + 1, 8) .. struct.pack('>I2', (#place - 8) * 16 + 8 - same)
end

local function width_of(text) return string.byte(text, 1) < 0xF0 and 2 or 4 end

-- A chunk's first place, and where its entries begin.
local function first_of(chunk)
  local width = width_of(chunk)
  local zero = string.find(chunk, '%z', width + 9)
  return string.sub(chunk, width + 1, zero - 1), zero + 1
end

-- The place whose entry ends at a byte of a chunk, and the byte before the entry.
local function place_at(chunk, at, first)
  local n = struct.unpack('>I2', chunk, at - 1)
  local k = n % 16
  local length = (n - k) / 16
  return string.sub(first, 1, 8 - k) .. string.sub(chunk, at - 1 - k, at - 2) .. string.sub(chunk, at - 1 - k - length, at - 2 - k), at - 2 - k - length
end

-- All places of a chunk, newest first, one for each call.
local function places_backwards(chunk)
  local first, from = first_of(chunk)
  local at = #chunk
  return function()
    if at and at >= from then
      local place
      place, at = place_at(chunk, at, first)
      return place
    end
    if at then
      at = nil
      return first
    end
  end
end

local function places_of(chunk)
  local reversed, places = {}, {}
  local at = #chunk
  local first, from = first_of(chunk)
  while at >= from do reversed[#reversed + 1], at = place_at(chunk, at, first) end
  places[1] = first
  for i = #reversed, 1, -1 do places[#places + 1] = reversed[i] end
  return places
end

-- The chunk where a place is or belongs. It reaches from "low" (nil: from the bucket's beginning) to before "high" (nil: to its end).
local function open_chunk(index, code, place)
  local past = '(' .. code .. '\255'
  local found, high = redis.call('ZREVRANGEBYLEX', index, past, '[' .. code, 'LIMIT', 0, 1)[1]
  local first = found and first_of(found)
  local low = first
  if found and comes_before(place, first) then
    found = redis.call('ZREVRANGEBYLEX', index, '(' .. code .. place .. '\0\255', '[' .. code, 'LIMIT', 0, 1)[1]
    low = found and first_of(found)
    if not found then found = redis.call('ZRANGEBYLEX', index, '[' .. code, past, 'LIMIT', 0, 1)[1] end
    first = first_of(found)
    local next = redis.call('ZRANGEBYLEX', index, '(' .. found, past, 'LIMIT', 0, 1)[1]
    high = next and first_of(next)
  end
  local last = first
  if found and #found >= #code + #first + 2 then last = place_at(found, #found, first) end
  return { index = index, code = code, stored = found, text = found, was = first, first = first, last = last, low = low, high = high }
end

local function reaches(chunk, code, place)
  return chunk and chunk.code == code and not (chunk.low and comes_before(place, chunk.low)) and (not chunk.high or comes_before(place, chunk.high))
end

local function write_chunk(expiry, chunk, first, text, score)
  redis.call('ZADD', chunk.index, '0', text)
  if score then redis.call('ZADD', expiry, 'LT', decimal(score), chunk.code .. first) end
end

-- Writes places as one chunk, or as several where they do not fit.
local function write_places(expiry, chunk, score)
  local places = chunk.places
  if #places == 0 then return end
  local parts = { chunk.code .. places[1] .. '\0' }
  local size = #parts[1]
  for i = 2, #places do
    parts[i] = entry_of(places[i], places[1])
    size = size + #parts[i]
  end
  if size <= CHUNK_BYTES then return write_chunk(expiry, chunk, places[1], table.concat(parts), score) end
  -- The last chunk of a bucket goes on to grow, so what it leaves behind is full; elsewhere the pieces get room.
  local goal = chunk.high and size / math.ceil(size / CHUNK_BYTES) or CHUNK_BYTES
  local first, text
  for i = 1, #places do
    local entry = first and entry_of(places[i], first)
    if entry and #text + #entry <= goal then
      text = text .. entry
    else
      if first then write_chunk(expiry, chunk, first, text, score) end
      first = places[i]
      text = chunk.code .. first .. '\0'
    end
  end
  write_chunk(expiry, chunk, first, text, score)
end

-- Writes what became of a chunk, and its hint: the soonest of what it was and what was added, or the one that is given.
local function close_chunk(expiry, chunk, hint)
  if not chunk then return end
  local places, was, score = chunk.places, chunk.was, hint or chunk.soonest
  if was and places and not hint then
    -- The places may stand in other chunks from now on, and the hint goes with them.
    local old = tonumber(redis.call('ZSCORE', expiry, chunk.code .. was) or '')
    if old then score = math.min(old, score or old) end
  end
  if was and (hint or (places and places[1] ~= was)) then redis.call('ZREM', expiry, chunk.code .. was) end
  if score == math.huge then score = nil end
  if chunk.stored and (places or chunk.text ~= chunk.stored) then redis.call('ZREM', chunk.index, chunk.stored) end
  if places then
    write_places(expiry, chunk, score)
  elseif chunk.text ~= chunk.stored then
    write_chunk(expiry, chunk, chunk.first, chunk.text, score)
  elseif score then
    redis.call('ZADD', expiry, 'LT', decimal(score), chunk.code .. was)
  end
end

local function find_place(places, place)
  for i = 1, #places do
    if places[i] == place then return i end
  end
end

local function remove_place(chunk, place)
  chunk.places = chunk.places or (chunk.text and places_of(chunk.text)) or {}
  local i = find_place(chunk.places, place)
  if i then table.remove(chunk.places, i) end
end

-- Puts a place into its chunk, where it may stand already. Returns the chunk to go on with.
local function add_place(expiry, chunk, place, soonest)
  if not chunk.places and chunk.first and comes_before(chunk.last, place) then
    local entry = entry_of(place, chunk.first)
    if #chunk.text + #entry <= CHUNK_BYTES then
      chunk.text = chunk.text .. entry
      chunk.last = place
    else
      close_chunk(expiry, chunk)
      chunk = { index = chunk.index, code = chunk.code, text = chunk.code .. place .. '\0', first = place, last = place, low = place, high = chunk.high }
    end
  elseif not chunk.places and not chunk.first then
    chunk.text = chunk.code .. place .. '\0'
    chunk.first, chunk.last = place, place
  elseif chunk.places or place ~= chunk.last then
    local places = chunk.places or places_of(chunk.text)
    local at = #places + 1
    while at > 1 and comes_before(place, places[at - 1]) do at = at - 1 end
    if places[at - 1] ~= place then
      table.insert(places, at, place)
      chunk.places = places
    end
  end
  if soonest then chunk.soonest = math.min(chunk.soonest or soonest, soonest) end
  return chunk
end
