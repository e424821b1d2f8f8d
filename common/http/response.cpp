#include "common/http/response.h"

#include <array>

#include "common/http/encoding.h"
#include "common/json/writer.h"

namespace godwit::http {
namespace {

struct Reason {
  int status;
  std::string_view phrase;
};
constexpr std::array reasons = {Reason{200, "OK"},
                                Reason{201, "Created"},
                                Reason{202, "Accepted"},
                                Reason{204, "No Content"},
                                Reason{206, "Partial Content"},
                                Reason{207, "Multi-Status"},
                                Reason{301, "Moved Permanently"},
                                Reason{302, "Found"},
                                Reason{303, "See Other"},
                                Reason{304, "Not Modified"},
                                Reason{307, "Temporary Redirect"},
                                Reason{400, "Bad Request"},
                                Reason{401, "Unauthorized"},
                                Reason{403, "Forbidden"},
                                Reason{404, "Not Found"},
                                Reason{405, "Method Not Allowed"},
                                Reason{406, "Not Acceptable"},
                                Reason{408, "Request Timeout"},
                                Reason{409, "Conflict"},
                                Reason{410, "Gone"},
                                Reason{411, "Length Required"},
                                Reason{412, "Precondition Failed"},
                                Reason{413, "Content Too Large"},
                                Reason{415, "Unsupported Media Type"},
                                Reason{422, "Unprocessable Content"},
                                Reason{426, "Upgrade Required"},
                                Reason{429, "Too Many Requests"},
                                Reason{431, "Request Header Fields Too Large"},
                                Reason{500, "Internal Server Error"},
                                Reason{501, "Not Implemented"},
                                Reason{502, "Bad Gateway"},
                                Reason{503, "Service Unavailable"},
                                Reason{504, "Gateway Timeout"},
                                Reason{505, "HTTP Version Not Supported"}};

Response make(int status, std::string_view content_type, std::string body) {
  Response response;
  response.status = status;
  response.content_type = content_type;
  response.body = std::move(body);
  return response;
}

}  // namespace

Response json_response(std::string body, int status) {
  return make(status, "application/json", std::move(body));
}
Response text_response(std::string body, int status) {
  return make(status, "text/plain; charset=utf-8", std::move(body));
}
Response html_response(std::string body, int status) {
  return make(status, "text/html; charset=utf-8", std::move(body));
}

Response problem(int status, std::string_view detail, const std::vector<ProblemMember>& members) {
  json::Writer out;
  out.begin_object()
      .member("type", "about:blank")
      .member("title", std::string{reason_phrase(status)})
      .member("status", status)
      .member("detail", printable(detail));
  for (const auto& [name, value] : members) {
    if (const auto* text = std::get_if<std::string>(&value))
      out.member(name, printable(*text));
    else if (const auto* json = std::get_if<JsonText>(&value))
      out.member_raw(name, json->json);
    else
      out.member(name, std::get<std::int64_t>(value));
  }
  out.end_object();
  return make(status, "application/problem+json", out.take());
}

Response retry_later(int status, std::string_view detail, int retry_after_seconds,
                     const std::vector<ProblemMember>& members) {
  Response response = problem(status, detail, members);
  response.headers.emplace_back("Retry-After", std::to_string(retry_after_seconds));
  return response;
}

Response unavailable(std::string_view detail, int retry_after_seconds) {
  return retry_later(503, detail, retry_after_seconds);
}

std::string_view reason_phrase(int status) {
  for (const Reason& reason : reasons)
    if (reason.status == status) return reason.phrase;
  return "Unknown";
}

}  // namespace godwit::http
