// A consumer that folds an exported log from a file, without Kafka: `--from FILE`.
#pragma once

#include "common/service/consumer.h"

namespace godwit::service {

// Folds the file into the stores, then serves it until a stop signal, or with --once prints what was folded
// and ends. Nothing is published and no delivery is made. Status 1 when the file or a store does not allow
// it.
int run_replay(const ConsumerSpec& spec, const ConsumerFlags& flags, projection::StoreFactory& stores,
               const sqlite::Readers& readers, const std::string& store_directory, const MakeView& make_view);

}  // namespace godwit::service
