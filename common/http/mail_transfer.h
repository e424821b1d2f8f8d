// One mail on one libcurl handle. Private to this folder.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <string>
#include <string_view>

#include "common/http/address_guard.h"
#include "common/http/client.h"
#include "common/http/mail.h"

namespace godwit::http {

// Lives as long as the transfer: the handle points to it. The mail and the handle must live longer.
class MailTransfer {
 public:
  MailTransfer(CURL* curl, const Mail& mail) : curl_(curl), mail_(mail), rest_(mail.bytes) {}
  MailTransfer(const MailTransfer&) = delete;
  MailTransfer& operator=(const MailTransfer&) = delete;

  // Sets every option; `invalid` for a mail that cannot be told to a server: no recipient, or an address with
  // a line break.
  Status prepare();
  // The server's last reply as status (250: taken) and body, once libcurl is done.
  Result<ClientResponse> finish(CURLcode code);

 private:
  using Lines = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

  static std::size_t on_read(char* into, std::size_t size, std::size_t count, void* context);
  static std::size_t on_reply(char* bytes, std::size_t size, std::size_t count, void* context);
  void set_security();

  CURL* curl_;
  const Mail& mail_;
  std::string_view rest_;  // of the message, still to be sent
  std::string url_;
  std::string reply_;
  Lines recipients_{nullptr, &curl_slist_free_all};
  AddressGuard guard_;
};

}  // namespace godwit::http
