// Which partitions share a store, and what it is called.
#pragma once

#include <string>
#include <string_view>

#include "common/stream/record.h"

namespace godwit::projection {

enum class StoreKey {
  partition,        // one store per partition number, for all topics folded together
  topic_partition,  // one store per topic partition
};

// "p-0007", or "migrations.lifecycle-0007".
std::string store_name(StoreKey key, std::string_view topic, stream::Partition partition);

}  // namespace godwit::projection
