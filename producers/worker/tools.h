// Which programs each engine needs, and where Debian has them.
#pragma once

#include <string_view>
#include <vector>

#include "producers/worker/settings.h"

namespace godwit::worker {

struct Tool {
  std::string_view program;
  std::string_view package;
};

inline std::vector<Tool> needed_tools(EngineKind engine) {
  switch (engine) {
    case EngineKind::copy:
      return {{"qemu-img", "qemu-utils"}, {"nbdkit", "nbdkit"}, {"nbdcopy", "libnbd-bin"}};
    case EngineKind::warm:
      return {{"qemu-img", "qemu-utils"}, {"qemu-storage-daemon", "qemu-system-common"}};
    case EngineKind::virt_v2v:
      return {{"qemu-img", "qemu-utils"}, {"virt-v2v", "virt-v2v"}};
  }
  return {};
}

}  // namespace godwit::worker
