// A Task as JSON for the store: everything, read back as it was.
#pragma once

#include <string>
#include <string_view>

#include "consumers/dashboard/projection.h"

namespace godwit::dashboard {

std::string store_json(const Task& task);
Task read_store_json(std::string_view json);

}  // namespace godwit::dashboard
