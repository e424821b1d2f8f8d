// Formats of the list: which one a request wants, and what each looks like. Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/http/request.h"
#include "common/http/response.h"
#include "consumers/audit/row.h"

namespace godwit::audit {

enum class Format { json, ndjson, csv, cef, ocsf };

struct FormatInfo {
  Format format;
  std::string_view name;          // in ?format= and as the file's extension
  std::string_view content_type;  // of the answer
  std::string_view line_end;      // of each row
  bool rows_are_json;             // each row is one JSON text
};

const FormatInfo& info(Format format);

// By the parameter `format`, or by Accept, whose q-values count; JSON when neither says anything. The error
// is the answer: 400 for a format that is none, 406 for an Accept that nothing meets.
Result<Format, http::Response> choose_format(const http::Request& request);

// What a file of this format begins with.
std::string head_of(Format format);
// One row, without its line end.
std::string line_of(Format format, const AuditEntry& entry, const Row& row);

}  // namespace godwit::audit
