// librdkafka alone, with the settings every producer of ours has: what the others are measured against.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/bench/measured.h"

namespace godwit::bench {

using Properties = std::vector<std::pair<std::string, std::string>>;

// Produces `value` to migrations.lifecycle from one thread, `events` times. Aborts when Kafka refuses.
Measured raw_produce(int events, const Properties& properties, const std::string& value);

}  // namespace godwit::bench
