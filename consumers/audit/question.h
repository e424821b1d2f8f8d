// Question: what a request to the list asks for, read from its parameters and checked.
#pragma once

#include "common/http/parameters.h"
#include "consumers/audit/candidates.h"

namespace godwit::audit {

struct QuestionLimits {
  std::int64_t page_rows_max = 1000;
  std::int64_t page_rows = 100;  // unless told otherwise
  std::size_t text_bytes_max = 1024;
  std::size_t cursor_bytes_max = 512;
  std::size_t event_types_max = 64;
};

struct Question {
  Filter filter;
  PageOptions page;
  std::optional<std::int64_t> rows_max;  // of a whole export; none: all there are
};

// `exported`: all rows are asked for, not a page, so that `limit` may be left out or be any number.
Result<Question, http::BadParameter> read_question(const http::Request& request, bool exported,
                                                   const QuestionLimits& limits = {});

}  // namespace godwit::audit
