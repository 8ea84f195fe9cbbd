"""The words mail programs put around quotes, by language. Data only; `reply_text` reads it.

Everything is lower case and compared after lower-casing; add a language by adding its words.
"""

from __future__ import annotations

# Labels of the header block Outlook and others write above a quote, by what they mean.
FROM_LABELS = frozenset(
    "from|von|de|da|od|van|från|fra|lähettäjä|kimden|gönderen|от|від|от кого|від кого|差出人|送信者|发件人|寄件者"
    "|寄件人|發件人|보낸 사람|보낸사람|จาก|từ|feladó|saatja|nuo|no|pošiljatelj|šalje|de la|expéditeur"
    "|remitente|mittente|absender|nadawca|odesílatel|odosielateľ|afzender|avsändare|afsender|avsender"
    "|από|מאת|من|dari|daripada|od koho|отправитель|відправник|发送人|kimden|izpošiljatelj|frå|reply-to"
    "|senders|sender|mensaje de|message from|发信人".split("|")
)
SENT_LABELS = frozenset(
    "sent|date|gesendet|datum|envoyé|envoyé le|enviado|enviado el|fecha|data|inviato|wysłano|verzonden|skickat"
    "|sendt|dato|lähetetty|päivämäärä|päiväys|gönderildi|tarih|gönderme tarihi|дата|отправлено|надіслано"
    "|送信日時|日付|日時|发送时间|发送日期|日期|寄件日期|時間|时间|보낸 날짜|날짜|보낸날짜|ส่ง|วันที่|ngày|đã gửi|elküldve|dátum"
    "|odesláno|odoslané|poslano|trimis|gönderim tarihi|fecha de envío|data de envio|date d'envoi|sent at"
    "|ημερομηνία|תאריך|التاريخ|тема|dikirim|tanggal|kuupäev|saadetud|išsiųsta|送信日|gesendet am"
    "|wysłane|message du|am|sent on|received|odeslané|когда".split("|")
) - {"тема", "am"}
TO_LABELS = frozenset(
    "to|an|à|a|para|do|aan|naar|till|til|vastaanottaja|kime|alıcı|кому|宛先|收件人|收件者|받는 사람|받는사람|ถึง|đến|tới"
    "|címzett|komu|pro|za|către|destinataire|destinatario|empfänger|ontvanger|mottagare|modtager"
    "|mottaker|προς|אל|إلى|kepada|saaja|kam|cc|kopie|copie|copie à|copia|kopia|dw|do wiadomości"
    "|копия|копія|bcc|抄送|副本|참조|สำเนา|kopio|bilgi|кому|ke|adresat|an alle".split("|")
)
SUBJECT_LABELS = frozenset(
    "subject|betreff|objet|asunto|assunto|oggetto|temat|onderwerp|ämne|emne|aihe|konu|тема|件名|主题|主題|标题"
    "|제목|เรื่อง|หัวเรื่อง|chủ đề|tárgy|předmět|predmet|zadeva|subiect|θέμα|נושא|الموضوع|subjek|perihal"
    "|teema|tema|asia|otsikko|sujet|risposta|naslov|вiдносно".split("|")
)

# "wrote": the verb that ends or opens the line above a quote.
WROTE = (
    "wrote|writes|schrieb|geschrieben|schreibt|a écrit|écrit|a ecrit|escribió|escribio|escribe|escreveu"
    "|ha scritto|scrive|napisał|napisała|napisał(a)|napisał/a|pisze|schreef|geschreven|schreef het volgende|skrev|skriver"
    "|kirjoitti|yazdı|şunları yazdı|tarihinde|написал|написала|написал(а)|написал/а|пишет|писал|пише"
    "|написав|написала|írta|ezt írta|a scris|napsal|napsala|napsal(a)|napísal|napísala|napísal(a)"
    "|je napisao|je napisala|napisao|napisala|napísal/a|έγραψε|כתב|כתבה|كتب|menulis|đã viết|viết"
    "|寫道|写道|写了|寫了|书写|のメール|は書きました|さんは書きました|님이 작성|작성|เขียนว่า|เขียน|kirjutas|rašė|rakstīja|napisa"
    "|schrijft|ha escrit|via|het volgende geschreven|folgendes geschrieben"
).split("|")
WROTE = [verb for verb in WROTE if verb != "via"]

# How the line above a quote may begin, apart from a date, a weekday or a name with an address.
OPENERS = (
    "on|am|le|el|em|il|in data|op|dne|den|dnia|w dniu|on the|vào|tarihinde|pada|a|alle|dňa|dana|la|à|в|at"
    "|på|lør|ngày|στις|ב|hi|quoting|zitat von|citando|citeren|d.|kl|no dia|no|el día|il giorno|od|em seg"
    "|2024년|sur|wiadomość napisana|il giorno|date|у|on behalf"
).split("|")

WEEKDAYS = (
    "mon|tue|wed|thu|fri|sat|sun|lun|mar|mer|jeu|ven|sam|dim|mié|jue|vie|sáb|dom|seg|ter|qua|qui|sex|sab"
    "|gio|mo|di|mi|do|fr|sa|so|ma|wo|vr|za|zo|pon|wt|śr|czw|pt|sob|niedz|po|út|st|čt|pá|ne|må|mån|tis|ons|tor"
    "|tors|fre|lör|sön|man|tir|tirs|lør|søn|ti|ke|to|pe|la|su|пн|вт|ср|чт|пт|сб|вс|нд|pzt|sal|çar|per|cum"
    "|cmt|paz|週|周|星期|月|火|水|木|金|土|日|hét|szo|vas|pirm|lu|ma|mi|jo|vi|sâ|du|понеділок|вівторок|середа"
).split("|")

# Words inside "----- ... -----", or alone on a line, that open a quoted or forwarded mail.
SEPARATORS = frozenset(
    "original message|forwarded message|original email|forwarded by|reply message|replied message|original mail"
    "|ursprüngliche nachricht|originalnachricht|original-nachricht|original nachricht|weitergeleitete nachricht"
    "|ursprüngliche mail|message original|message d'origine|message transféré|message d’origine|message transmis"
    "|courriel original|mensaje original|mensaje reenviado|mensagem original|mensagem encaminhada"
    "|mensagem reencaminhada|messaggio originale|messaggio inoltrato|messaggio di origine|wiadomość oryginalna"
    "|oryginalna wiadomość|wiadomość przekazana|treść przekazanej wiadomości|przekazana wiadomość|původní zpráva"
    "|původní e-mail|přeposlaná zpráva|pôvodná správa|preposlaná správa|oorspronkelijk bericht"
    "|oorspronkelijke bericht|doorgestuurd bericht|ursprungligt meddelande|originalmeddelande"
    "|vidarebefordrat meddelande|oprindelig meddelelse|oprindelig besked|original meddelelse|videresendt besked"
    "|videresendt meddelelse|opprinnelig melding|opprinnelig e-post|videresendt melding"
    "|alkuperäinen viesti|välitetty viesti|edelleenlähetetty viesti|orijinal mesaj|özgün ileti|iletilen mesaj"
    "|yönlendirilmiş mesaj|yönlendirilen ileti|исходное сообщение|оригинальное сообщение|пересылаемое сообщение"
    "|пересланное сообщение|перенаправленное сообщение|исходное письмо|оригінальне повідомлення"
    "|вихідне повідомлення|переслане повідомлення|пересланий лист|原始邮件|原始郵件|转发邮件|转发的邮件|轉寄郵件|原邮件"
    "|转发邮件信息|回复的原邮件|元のメッセージ|転送メッセージ|original message (from)|원본 메시지|원본 메일|전달된 메시지"
    "|ข้อความต้นฉบับ|ข้อความที่ส่งต่อ|eredeti üzenet|továbbított üzenet|mesaj original|mesaj redirecționat"
    "|αρχικό μήνυμα|προωθημένο μήνυμα|ההודעה המקורית|הודעה מקורית|الرسالة الأصلية|tin nhắn gốc|thư gốc"
    "|pesan asli|izvorna poruka|originalna poruka|izvirno sporočilo|algkiri|edastatud kiri|missatge original"
    "|begin forwarded message|anfang der weitergeleiteten nachricht|anfang der weitergeleiteten e-mail"
    "|début du message réexpédié|début du message transféré|inicio del mensaje reenviado"
    "|inizio messaggio inoltrato|início da mensagem reenviada|início da mensagem encaminhada"
    "|begin doorgestuurd bericht|begynd videresendt besked|vidarebefordrat brev|vidarebefordrat mejl"
    "|välitetty viesti alkaa|początek przekazywanej wiadomości|začátek přeposlané zprávy"
    "|начало переадресованного сообщения|начало переадресовываемого сообщения|开始转发的邮件|下面是被转发的邮件"
    "|転送されたメッセージ|전달된 메시지 시작|iletilmiş mesajın başlangıcı|başlangıç: iletilen mesaj"
    "|початок листа, що пересилається|videresendt melding starter|reply above this line"
    "|please type your reply above this line|write a reply above this line"
    "|please reply above this line|antworten sie oberhalb dieser linie"
    "|do not write below this line".split("|")
)

# "Sent from my phone" lines: what comes before the device, and what comes after it.
SENT_FROM = (
    "sent from my|sent from|sent via|sent with|sent using|sent on my|sent by|get outlook for|get bluemail for"
    "|von meinem|gesendet von|gesendet mit|gesendet von meinem|von unterwegs gesendet|diese nachricht wurde von meinem|outlook für|holen sie sich outlook für"
    "|envoyé de mon|envoyé depuis mon|envoyé depuis|envoyé à partir de|envoyé de|télécharger outlook pour|obtenez outlook pour"
    "|enviado desde mi|enviado desde|enviado de mi|obtener outlook para|enviado do meu|enviado a partir do|enviado via|obter o outlook para|obter outlook para|enviado de"
    "|inviato da|inviato dal mio|inviato dal|scarica outlook per|ottieni outlook per|wysłane z|wysłano z|pobierz aplikację outlook"
    "|odesláno z|odesláno ze|odoslané z|poslané z|poslano z|získejte outlook pro|získat outlook pro"
    "|verstuurd vanaf mijn|verzonden vanaf mijn|verzonden met|verstuurd met|verzonden vanaf|outlook voor|download outlook voor"
    "|skickat från min|skickat från|hämta outlook för|skaffa outlook för|sendt fra min|sendt fra mit|sendt fra|hent outlook til|skaff deg outlook for|få outlook til"
    "|lähetetty|hanki outlook|отправлено с|отправлено из|скачать outlook для|надіслано з|отримати outlook для|відправлено з"
    "|发自我的|發自我的|从我的|來自我的|从我的iphone发送|获取 outlook for|iphoneから送信|ipadから送信|androidから送信|私の|나의|ส่งจาก"
    "|gửi từ|a iphone|küldve|trimis de pe|εστάλη από|נשלח מה|נשלח מ|أرسلت من|dikirim dari|posláno z|enviat des de"
).split("|")
DEVICES = (
    "iphone|ipad|ipod|android|smartphone|samsung|galaxy|huawei|nokia|blackberry|windows phone|htc|lumia|xperia"
    "|pixel|oneplus|xiaomi|redmi|wiko|sony|motorola|phone|mobile|mobil|tablet|handy|handheld|outlook|yahoo|gmail|mail"
    "|proton|bluemail|aol|gmx|web.de|spark|airmail|t-mobile|verizon|at&t|telefon|téléphone|telefoon|teléfono|mobiltelefon"
    "|telefono|celular|móvil|puhelimesta|puhelin|телефон|устройства|手机|스마트폰|mac|watch|orange|palm|treo|surface|nexus|moto"
    "|iphonu|zimbra|thunderbird|workspace|k-9|superhuman|mailbird|wireless|device|blackberry®|honor|oppo|vivo|realme|mi "
).split("|")
AFTER_DEVICE = (
    "gesendet|から送信|から送信されました|gönderildi|ımdan gönderildi|에서 보냄|发送|發送|发出|küldve|saadetud|lähetetty|-ล์|ของฉัน|बाट"
).split("|")
