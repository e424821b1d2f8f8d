#include "common/projection/store_key.h"

#include <fmt/format.h>

namespace godwit::projection {

std::string store_name(StoreKey key, std::string_view topic, stream::Partition partition) {
  return key == StoreKey::partition ? fmt::format("p-{:04}", partition.value())
                                    : fmt::format("{}-{:04}", topic, partition.value());
}

}  // namespace godwit::projection
