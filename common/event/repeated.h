// JSON lets a name occur twice in one object. Private to common/event.
#pragma once

#include "common/json/rapidjson.h"

namespace godwit::event {

using Allocator = rapidjson::MemoryPoolAllocator<>;

// Of members with one name only the last one stays, in this value and in all it holds down to `levels`: what
// JSON.parse and every other common reader make of it, so that none sees another event than we do.
void keep_last_of_each(rapidjson::Value& value, int levels, Allocator& allocator);

}  // namespace godwit::event
