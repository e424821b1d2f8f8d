#include "common/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace godwit {

void check_failed(std::string_view condition, std::string_view file, int line, std::string_view detail) {
  fmt::print(stderr, "check failed: {} at {}:{}: {}\n", condition, file, line, detail);
  std::fflush(stderr);
  std::abort();
}

}  // namespace godwit
