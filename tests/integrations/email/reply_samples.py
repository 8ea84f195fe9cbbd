"""Replies as mail programs in many languages write them: what is new, and the whole body."""

from __future__ import annotations

# (name, new text, what the mail program puts below it)
ATTRIBUTIONS = [
    ("english gmail", "On Tue, Mar 4, 2025 at 9:15 AM Linden & Loom <help@linden.example> wrote:"),
    ("english apple", "On 4 Mar 2025, at 09:15, Linden & Loom <help@linden.example> wrote:"),
    (
        "english yahoo",
        "On Tuesday, March 4, 2025 at 09:15:22 AM EST, Linden <help@linden.example> wrote:",
    ),
    (
        "english wrapped",
        "On Tue, Mar 4, 2025 at 9:15 AM Linden & Loom Customer Care Team <\nhelp@linden.example> wrote:",
    ),
    ("german gmail", "Am Di., 4. März 2025 um 09:15 Uhr schrieb Linden <help@linden.example>:"),
    ("german apple", "Am 04.03.2025 um 09:15 schrieb Linden & Loom <help@linden.example>:"),
    (
        "german gmx",
        'Gesendet: Dienstag, 04. März 2025 um 09:15 Uhr\nVon: "Linden" <help@linden.example>\nAn: eva@kunde.example\nBetreff: Ihre Bestellung',
    ),
    ("french gmail", "Le mar. 4 mars 2025 à 09:15, Linden <help@linden.example> a écrit :"),
    ("french apple", "Le 4 mars 2025 à 09:15, Linden & Loom <help@linden.example> a écrit :"),
    ("french nbsp", "Le mar. 4 mars 2025 à 09:15, Linden <help@linden.example> a\nécrit\u00a0:"),
    ("spanish gmail", "El mar, 4 mar 2025 a las 9:15, Linden (<help@linden.example>) escribió:"),
    ("spanish apple", "El 4 mar 2025, a las 9:15, Linden <help@linden.example> escribió:"),
    ("polish gmail", "wt., 4 mar 2025 o 09:15 Linden <help@linden.example> napisał(a):"),
    ("polish thunderbird", "W dniu 4.03.2025 o 09:15, Linden pisze:"),
    (
        "polish apple",
        "Wiadomość napisana przez Linden <help@linden.example> w dniu 4 mar 2025, o godz. 09:15:",
    ),
    ("czech gmail", "út 4. 3. 2025 v 9:15 odesílatel Linden <help@linden.example> napsal:"),
    ("czech thunderbird", "Dne 04. 03. 25 v 9:15 Linden napsal(a):"),
    ("slovak gmail", "ut 4. 3. 2025 o 9:15 Linden <help@linden.example> napísal(a):"),
    ("russian gmail", "вт, 4 мар. 2025 г. в 09:15, Linden <help@linden.example>:"),
    ("russian mail.ru", "Вторник, 4 марта 2025, 9:15 +03:00 от Linden <help@linden.example>:"),
    ("russian yandex", '04.03.2025, 09:15, "Linden" <help@linden.example>:'),
    ("russian apple", "4 марта 2025 г., в 09:15, Linden <help@linden.example> написал(а):"),
    ("ukrainian gmail", "вт, 4 бер. 2025 р. о 09:15 Linden <help@linden.example> пише:"),
    (
        "italian gmail",
        "Il giorno mar 4 mar 2025 alle ore 09:15 Linden <help@linden.example> ha scritto:",
    ),
    ("italian thunderbird", "Il 04/03/2025 09:15, Linden ha scritto:"),
    (
        "portuguese gmail",
        "Em ter., 4 de mar. de 2025 às 09:15, Linden <help@linden.example> escreveu:",
    ),
    ("portuguese pt", "Linden <help@linden.example> escreveu (terça, 4/03/2025 à(s) 09:15):"),
    ("dutch gmail", "Op di 4 mrt 2025 om 09:15 schreef Linden <help@linden.example>:"),
    (
        "dutch apple",
        "Op 4 mrt. 2025 om 09:15 heeft Linden <help@linden.example> het volgende geschreven:",
    ),
    ("swedish gmail", "Den tis 4 mars 2025 kl 09:15 skrev Linden <help@linden.example>:"),
    ("swedish apple", "4 mars 2025 kl. 09:15 skrev Linden <help@linden.example>:"),
    ("danish gmail", "Den tirs. 4. mar. 2025 kl. 09.15 skrev Linden <help@linden.example>:"),
    ("norwegian gmail", "tir. 4. mars 2025 kl. 09:15 skrev Linden <help@linden.example>:"),
    ("finnish gmail", "ti 4. maalisk. 2025 klo 9.15 Linden (help@linden.example) kirjoitti:"),
    ("turkish gmail", "Linden <help@linden.example>, 4 Mar 2025 Sal, 09:15 tarihinde şunu yazdı:"),
    (
        "hungarian gmail",
        "Linden <help@linden.example> ezt írta (időpont: 2025. márc. 4., K, 9:15):",
    ),
    ("romanian gmail", "mar., 4 mar. 2025, 09:15 Linden <help@linden.example> a scris:"),
    ("croatian gmail", "uto, 4. ožu 2025. u 09:15 Linden <help@linden.example> napisao je:"),
    (
        "greek gmail",
        "Στις Τρί 4 Μαρ 2025 στις 9:15 π.μ., ο χρήστης Linden <help@linden.example> έγραψε:",
    ),
    (
        "hebrew gmail",
        "\u200fבתאריך יום ג׳, 4 במרץ 2025 ב-9:15 מאת \u202aLinden\u202c\u200f <\u202ahelp@linden.example\u202c\u200f>:\u200f",
    ),
    ("japanese gmail", "2025年3月4日(火) 9:15 Linden <help@linden.example>:"),
    ("japanese apple", "2025/03/04 9:15、Linden <help@linden.example>のメール:"),
    ("korean gmail", "2025년 3월 4일 (화) 오전 9:15, Linden <help@linden.example>님이 작성:"),
    ("chinese gmail", "Linden <help@linden.example> 于2025年3月4日周二 09:15写道："),
    ("chinese apple", "在 2025年3月4日，09:15，Linden <help@linden.example> 写道："),
    ("chinese traditional", "Linden <help@linden.example> 於 2025年3月4日 週二 上午9:15寫道："),
    (
        "chinese qq",
        '------------------ 原始邮件 ------------------\n发件人: "Linden" <help@linden.example>;\n发送时间: 2025年3月4日(星期二) 上午9:15\n收件人: "li"<li@kunde.example>;\n主题: 您的订单',
    ),
    ("thai gmail", "ในวันที่ อ. 4 มี.ค. 2025 เวลา 09:15 Linden <help@linden.example> เขียนว่า:"),
    (
        "vietnamese gmail",
        "Vào Th 3, 4 thg 3, 2025 vào lúc 09:15 Linden <help@linden.example> đã viết:",
    ),
    (
        "indonesian gmail",
        "Pada tanggal Sel, 4 Mar 2025 pukul 09.15 Linden <help@linden.example> menulis:",
    ),
    ("proton", "On Tuesday, March 4th, 2025 at 09:15, Linden <help@linden.example> wrote:"),
    ("zoho", "---- On Tue, 04 Mar 2025 09:15:00 +0100 Linden <help@linden.example> wrote ----"),
    (
        "outlook english",
        "From: Linden <help@linden.example>\nSent: Tuesday, March 4, 2025 9:15 AM\nTo: Eva <eva@kunde.example>\nSubject: Your order",
    ),
    (
        "outlook mobile rule",
        "________________________________\nFrom: Linden <help@linden.example>\nSent: Tuesday, March 4, 2025 9:15:01 AM\nTo: Eva <eva@kunde.example>\nSubject: Your order",
    ),
    (
        "outlook german",
        "Von: Linden <help@linden.example>\nGesendet: Dienstag, 4. März 2025 09:15\nAn: Eva <eva@kunde.example>\nBetreff: Ihre Bestellung",
    ),
    (
        "outlook french",
        "De : Linden <help@linden.example>\nEnvoyé : mardi 4 mars 2025 09:15\nÀ : Eva <eva@kunde.example>\nObjet : Votre commande",
    ),
    (
        "outlook spanish",
        "De: Linden <help@linden.example>\nEnviado el: martes, 4 de marzo de 2025 9:15\nPara: Eva\nAsunto: Su pedido",
    ),
    (
        "outlook polish",
        "Od: Linden <help@linden.example>\nWysłano: wtorek, 4 marca 2025 09:15\nDo: Eva <eva@kunde.example>\nTemat: Zamówienie",
    ),
    (
        "outlook czech",
        "Od: Linden <help@linden.example>\nOdesláno: úterý 4. března 2025 9:15\nKomu: Eva <eva@kunde.example>\nPředmět: Objednávka",
    ),
    (
        "outlook russian",
        "От: Linden <help@linden.example>\nОтправлено: вторник, 4 марта 2025 г. 9:15\nКому: Eva <eva@kunde.example>\nТема: Заказ",
    ),
    (
        "outlook japanese",
        "差出人: Linden <help@linden.example>\n送信日時: 2025年3月4日 9:15\n宛先: Eva <eva@kunde.example>\n件名: ご注文",
    ),
    (
        "outlook chinese",
        "发件人: Linden <help@linden.example>\n发送时间: 2025年3月4日 9:15\n收件人: Eva <eva@kunde.example>\n主题: 订单",
    ),
    (
        "outlook korean",
        "보낸 사람: Linden <help@linden.example>\n보낸 날짜: 2025년 3월 4일 화요일 오전 9:15\n받는 사람: Eva <eva@kunde.example>\n제목: 주문",
    ),
    (
        "outlook thai",
        "จาก: Linden <help@linden.example>\nส่ง: วันอังคารที่ 4 มีนาคม 2025 9:15\nถึง: Eva <eva@kunde.example>\nเรื่อง: คำสั่งซื้อ",
    ),
    (
        "outlook turkish",
        "Kimden: Linden <help@linden.example>\nGönderildi: 4 Mart 2025 Salı 09:15\nKime: Eva <eva@kunde.example>\nKonu: Sipariş",
    ),
    (
        "outlook finnish",
        "Lähettäjä: Linden <help@linden.example>\nLähetetty: tiistai 4. maaliskuuta 2025 9.15\nVastaanottaja: Eva\nAihe: Tilaus",
    ),
    (
        "outlook dutch",
        "Van: Linden <help@linden.example>\nVerzonden: dinsdag 4 maart 2025 09:15\nAan: Eva <eva@kunde.example>\nOnderwerp: Bestelling",
    ),
    (
        "outlook danish",
        "Fra: Linden <help@linden.example>\nSendt: 4. marts 2025 09:15\nTil: Eva <eva@kunde.example>\nEmne: Ordre",
    ),
    (
        "outlook italian",
        "Da: Linden <help@linden.example>\nInviato: martedì 4 marzo 2025 09:15\nA: Eva <eva@kunde.example>\nOggetto: Ordine",
    ),
    (
        "outlook portuguese",
        "De: Linden <help@linden.example>\nEnviada em: terça-feira, 4 de março de 2025 09:15\nPara: Eva <eva@kunde.example>\nAssunto: Pedido",
    ),
    (
        "samsung german",
        "-------- Ursprüngliche Nachricht --------\nVon: Linden <help@linden.example>\nDatum: 04.03.25 09:15 (GMT+01:00)\nAn: eva@kunde.example\nBetreff: Ihre Bestellung",
    ),
    (
        "orange french",
        '> Message du 04/03/25 09:15\n> De : "Linden" <help@linden.example>\n> A : eva@kunde.example\n> Copie à :\n> Objet : Votre commande',
    ),
    (
        "web.de plain",
        "--- Ursprüngliche Nachricht ---\nVon: Linden <help@linden.example>\nDatum: 04.03.2025 09:15\nAn: eva@kunde.example",
    ),
    ("our own line", "##- Please type your reply above this line -##"),
]

MOBILE_SIGNATURES = [
    "Sent from my iPhone",
    "Sent from my Samsung Galaxy smartphone.",
    "Get Outlook for iOS",
    "Get Outlook for Android<https://aka.ms/ghei36>",
    "Sent from Yahoo Mail on Android",
    "Sent from Yahoo Mail for iPhone",
    "Sent from Mail for Windows 10",
    "Sent from Outlook for Android",
    "Sent via BlackBerry from T-Mobile",
    "Von meinem iPhone gesendet",
    "Gesendet mit der GMX Mail App",
    "Diese Nachricht wurde von meinem Android Mobiltelefon mit GMX Mail gesendet.",
    "Von meinem Samsung Galaxy Smartphone gesendet.",
    "Holen Sie sich Outlook für iOS",
    "Envoyé de mon iPhone",
    "Envoyé depuis mon appareil Galaxy",
    "Télécharger Outlook pour Android",
    "Enviado desde mi iPhone",
    "Obtener Outlook para iOS",
    "Enviado do meu iPhone",
    "Inviato da iPhone",
    "Inviato dal mio dispositivo Galaxy",
    "Wysłane z iPhone'a",
    "Wysłano z telefonu Samsung Galaxy",
    "Odesláno z iPhonu",
    "Verstuurd vanaf mijn iPhone",
    "Skickat från min iPhone",
    "Sendt fra min iPhone",
    "Lähetetty iPhonesta",
    "Отправлено с iPhone",
    "Отправлено из мобильной Почты Mail",
    "Надіслано з iPhone",
    "iPhoneから送信",
    "发自我的iPhone",
    "發自我的 iPhone",
    "나의 iPhone에서 보냄",
    "ส่งจาก iPhone ของฉัน",
    "iPhone'umdan gönderildi",
    "Gửi từ iPhone của tôi",
]

NOT_SIGNATURES = [
    "Sent from my desk, which is much easier than my phone.",
    "The parcel was sent from your warehouse on Monday.",
    "I have sent you my phone number already.",
    "Get me a refund for this please",
    "Enviado el pedido, pero no llega",
]
