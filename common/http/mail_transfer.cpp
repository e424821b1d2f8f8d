#include "common/http/mail_transfer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "common/http/encoding.h"

namespace godwit::http {
namespace {

constexpr std::size_t reply_bytes_max = 512;  // of one line (RFC 5321, section 4.5.3.1.5)

bool is_address(std::string_view text) {
  return !text.empty() && std::none_of(text.begin(), text.end(), [](unsigned char c) {
    return c <= ' ' || c == 0x7f || c == '<' || c == '>';
  });
}

}  // namespace

std::size_t MailTransfer::on_read(char* into, std::size_t size, std::size_t count, void* context) {
  auto& self = *static_cast<MailTransfer*>(context);
  const std::size_t got = std::min(size * count, self.rest_.size());
  std::memcpy(into, self.rest_.data(), got);
  self.rest_.remove_prefix(got);
  return got;
}

// Each line the server says; the last one is its answer.
std::size_t MailTransfer::on_reply(char* bytes, std::size_t size, std::size_t count, void* context) {
  auto& self = *static_cast<MailTransfer*>(context);
  std::string_view line{bytes, size * count};
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  self.reply_ = line.substr(0, reply_bytes_max);
  return size * count;
}

void MailTransfer::set_security() {
  const bool starttls = mail_.starttls || mail_.server.starts_with("smtps://");
  curl_easy_setopt(curl_, CURLOPT_USE_SSL, static_cast<long>(starttls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
  curl_easy_setopt(curl_, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(curl_, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!mail_.ca_file.empty()) curl_easy_setopt(curl_, CURLOPT_CAINFO, mail_.ca_file.c_str());
  if (!mail_.user.empty()) {
    curl_easy_setopt(curl_, CURLOPT_USERNAME, mail_.user.c_str());
    curl_easy_setopt(curl_, CURLOPT_PASSWORD, mail_.password.c_str());
  }
  if (mail_.public_only) guard_.watch(curl_);
}

Status MailTransfer::prepare() {
  if (mail_.to.empty() || !is_address(mail_.from) ||
      !std::all_of(mail_.to.begin(), mail_.to.end(), is_address))
    return invalid_error("a mail needs a sender and a recipient, each a plain address");
  curl_easy_reset(curl_);
  url_ = mail_.greeting.empty() ? mail_.server : mail_.server + "/" + percent_encode(mail_.greeting);
  curl_easy_setopt(curl_, CURLOPT_URL, url_.c_str());
  curl_easy_setopt(curl_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl_, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(curl_, CURLOPT_PROXY, "");
  curl_easy_setopt(curl_, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(mail_.connect_timeout.count()));
  curl_easy_setopt(curl_, CURLOPT_TIMEOUT_MS, static_cast<long>(mail_.total_timeout.count()));
  curl_easy_setopt(curl_, CURLOPT_MAXAGE_CONN, 60L);
  set_security();
  curl_easy_setopt(curl_, CURLOPT_MAIL_FROM, fmt::format("<{}>", mail_.from).c_str());
  for (const std::string& to : mail_.to) {
    curl_slist* longer = curl_slist_append(recipients_.get(), fmt::format("<{}>", to).c_str());
    GODWIT_CHECK(longer != nullptr, "no memory for a recipient");
    recipients_.release();  // NOLINT: appending gave the same list back
    recipients_.reset(longer);
  }
  curl_easy_setopt(curl_, CURLOPT_MAIL_RCPT, recipients_.get());
  curl_easy_setopt(curl_, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(curl_, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(mail_.bytes.size()));
  curl_easy_setopt(curl_, CURLOPT_READFUNCTION, on_read);
  curl_easy_setopt(curl_, CURLOPT_READDATA, this);
  curl_easy_setopt(curl_, CURLOPT_HEADERFUNCTION, on_reply);
  curl_easy_setopt(curl_, CURLOPT_HEADERDATA, this);
  return Done{};
}

// The server's code decides. A read that failed can leave an earlier good one behind, so success needs both.
Result<ClientResponse> MailTransfer::finish(CURLcode code) {
  long status = 0;
  curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
  const std::string what = fmt::format("mail to {}", origin_of(mail_.server));
  if (guard_.has_refused())
    return invalid_error(what + " was refused: the address is not of the public internet");
  constexpr long refusals_from = 400;
  if (code == CURLE_OK || status >= refusals_from)
    return ClientResponse{.status = static_cast<int>(status), .headers = {}, .body = printable(reply_)};
  const std::string message = fmt::format("{} failed: {}", what, curl_easy_strerror(code));
  const bool wrong = code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_URL_MALFORMAT;
  return wrong ? invalid_error(message) : transient_error(message);
}

}  // namespace godwit::http
