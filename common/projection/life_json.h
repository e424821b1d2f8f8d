// TaskLife as JSON, for the stores of every projection that holds one.
#pragma once

#include "common/json/rapidjson.h"
#include "common/json/writer.h"
#include "common/projection/task_life.h"

namespace godwit::projection {

// Writes one object.
void write_life(json::Writer& out, const TaskLife& life);
// Reads what write_life wrote; members that are missing keep their defaults.
TaskLife read_life(const rapidjson::Value& value);

}  // namespace godwit::projection
