// The archive: sealed segments that were pruned, each as `<store>/<first index>.db.zst` with its manifest
// beside it. One folder may serve several instances.
#pragma once

#include <string>

#include "common/base/result.h"
#include "consumers/audit/sealed_file.h"

namespace godwit::audit::keep {

// "<archive>/migrations.lifecycle-0007"
std::string archive_folder(const std::string& archive, const Segment& segment);
// "<archive>/migrations.lifecycle-0007/000000131072.db.zst"
std::string archived_path(const std::string& archive, const Segment& segment);

// Writes the sealed file `path` and its manifest into the archive, synced, and unpacks it again to see that
// its SHA-256 is that of the original. What lies there complete and is right stays as it is.
Status archive_segment(const std::string& archive, const Segment& segment, const std::string& path);

// Unpacks a segment into `path`, and checks it with the manifest that lies beside it, which must be that of
// the same records (place, sizes, root). `invalid`, and why, when it is not.
Status restore_segment(const std::string& archive, const Segment& segment, const std::string& path);

}  // namespace godwit::audit::keep
