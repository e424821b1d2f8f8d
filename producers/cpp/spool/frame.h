// What lies in a spool's segment files: frames, one after the other. Pure; no I/O.
//
//   frame   = size u32 | crc32c of payload u32 | payload (size bytes)
//   payload = 'R' | number u64 | topic | key | value | header count u32 | (name | value)...
//           | 'F' | number u64
//   text    = size u32 | bytes; an absent key or value has the size 0xFFFFFFFF
//
// All numbers are little-endian. 'R' is a record owed to the log, numbered upwards by one within a spool. 'F'
// is a floor: every record with a smaller number has been acknowledged. A file is read up to the first frame
// that is not whole; a crash can only leave such a one at the end. Zeros after the last frame are room that
// was reserved and not used.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/stream/record.h"

namespace godwit::producer {

// A payload larger than this is taken for damage, so that a broken size cannot ask for gigabytes.
inline constexpr std::size_t payload_bytes_max = 8 * 1024 * 1024;

std::string record_frame(std::uint64_t number, const stream::OutRecord& record);
std::string floor_frame(std::uint64_t number);

// A record's frame within its file.
struct FoundRecord {
  std::uint64_t number = 0;
  std::size_t offset = 0;
  std::size_t size = 0;  // of the whole frame

  bool operator==(const FoundRecord&) const = default;
};

// What a file's bytes hold.
struct Scan {
  std::vector<FoundRecord> records;  // in the order written
  std::uint64_t floor = 0;           // the highest found
  std::size_t good_bytes = 0;        // whole frames; what follows is torn or damaged
};
Scan scan(std::string_view bytes);

// The record of one whole frame; nullopt when it is damaged.
std::optional<stream::OutRecord> read_record(std::string_view frame);

}  // namespace godwit::producer
