// librdkafka alone, with the settings every producer of ours has: what the others are measured against.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/bench/measured.h"

namespace godwit::bench {

using Properties = std::vector<std::pair<std::string, std::string>>;

// Produces to migrations.lifecycle from one thread, `events` times, what value() gives. Aborts when Kafka
// refuses.
Measured raw_produce(int events, const Properties& properties,
                     const std::function<std::string_view()>& value);

}  // namespace godwit::bench
