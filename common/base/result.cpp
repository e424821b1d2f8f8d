#include "common/base/result.h"

namespace godwit {

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::transient:
      return "transient";
    case ErrorKind::invalid:
      return "invalid";
    case ErrorKind::fatal:
      return "fatal";
  }
  return "unknown";
}

}  // namespace godwit
