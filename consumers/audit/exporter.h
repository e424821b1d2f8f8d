// Exporter: all rows that a question finds, as a stream in one of the formats. It reads page after page, of
// all instances, and holds one page at a time, however many rows there are and however slowly the client
// reads.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "common/cluster/list.h"
#include "common/service/view.h"
#include "consumers/audit/export/format.h"
#include "consumers/audit/question.h"

namespace godwit::audit {

struct ExportOptions {
  std::int64_t page_rows_max = 1000;
  std::int64_t page_bytes_max = 2 * 1024 * 1024;  // of records
  std::size_t send_bytes_max = 64 * 1024;         // handed to the connection at once
  int exports_max = 8;                            // under way at once; one more is answered 503
  int attempts_max = 4;          // at a page that lacks a partition, in the middle of an export
  Millis attempt_wait{1'000};    // for a word on who has that partition now
  int retry_after_seconds = 10;  // told to those turned away
};

// Told once, when an export that had begun has ended.
struct ExportEnd {
  std::int64_t rows = 0;  // sent
  bool whole = false;     // these are all
};
using ExportEnded = std::function<void(const ExportEnd& end)>;

// Gives the list of a question's page: rows as the format has them, without line ends.
using MakeList = std::function<cluster::ListSpec(const Question& question, Format format)>;

// Safe from every thread.
class Exporter {
 public:
  Exporter(const service::ViewContext& context, MakeList make_list, const ExportOptions& options = {})
      : context_(context), make_list_(std::move(make_list)), options_(options) {}

  // The stream, once its first page has been read. 503 when a partition is missing or has not caught up. When
  // that happens later, or a row cannot be read, the stream breaks off: its function throws, and the server
  // closes the connection without the end mark of the body.
  http::Response answer(const http::Request& request, const Question& question, Format format,
                        ExportEnded ended);

 private:
  service::ViewContext context_;
  MakeList make_list_;
  ExportOptions options_;
  std::shared_ptr<std::atomic<int>> under_way_ = std::make_shared<std::atomic<int>>(0);
};

}  // namespace godwit::audit
