// Disk: one disk of a VM on its way, and its share of a stage. Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "producers/cpp/payload.h"
#include "producers/worker/parse/qemu_img.h"
#include "producers/worker/upload.h"

namespace godwit::worker {

struct Disk {
  // What to do.
  std::string source;  // absolute path of its file
  std::optional<std::string> source_format;
  std::string target_format = "qcow2";
  std::string copy;       // where the exported file goes; absolute, as the next
  std::string converted;  // where the image for the target is made
  Uploader* uploader = nullptr;
  std::int64_t index = 0;  // of `count` disks of the VM
  std::int64_t count = 1;

  // What was found and done; empty or 0 before.
  parse::ImageInfo info{};
  std::int64_t source_bytes = 0;     // the source's file
  std::int64_t converted_bytes = 0;  // the image's file
  std::string sha256{};              // of the image's file
  std::string location{};            // of the uploaded image
};

// Which part of a stage one disk is.
struct DiskShare {
  std::int64_t index = 0;
  std::int64_t count = 1;
  std::int64_t bytes_before = 0;            // of the disks before it
  std::optional<std::int64_t> bytes_total;  // of all disks
};

// A disk's tick as one of its stage: bytes where all disks count theirs, else percent with all disks equal.
producer::Tick stage_tick(const producer::Tick& tick, const DiskShare& share);
producer::DiskReport report_of(const Disk& disk);
std::int64_t sum_of(const std::vector<Disk>& disks, std::int64_t Disk::*bytes);

}  // namespace godwit::worker
