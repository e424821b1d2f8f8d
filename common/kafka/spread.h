// Which lane folds which of the assigned partitions. Pure.
#pragma once

#include <cstddef>
#include <vector>

#include "common/stream/record.h"

namespace godwit::kafka {

// One share per lane, some empty when there are fewer partitions than lanes. All topics of one partition
// number are in one share, since they are folded into one store; the numbers, in order, go round the lanes.
std::vector<std::vector<stream::TopicPartition>> spread(const std::vector<stream::TopicPartition>& assigned,
                                                        std::size_t lanes);

// The same while some lanes are not free: what such a lane still holds, by partition number, stays its own,
// since its store must not be opened twice; the rest goes to the free ones, or to all when none is.
std::vector<std::vector<stream::TopicPartition>> spread_around(
    const std::vector<stream::TopicPartition>& assigned,
    const std::vector<std::vector<stream::TopicPartition>>& held, const std::vector<bool>& is_free);

}  // namespace godwit::kafka
