// The name of this machine, as events tell it.
#pragma once

#include <string>

namespace godwit::cli {

std::string host_name();  // "localhost" when it has none

}  // namespace godwit::cli
