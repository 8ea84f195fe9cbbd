"""Czech (and much of Slovak) word by word into English shop words, for the encoder only.

The sentence encoder was never taught Czech. A gloss by word stems is no translation, but it puts
"zrušte mi prosím objednávku" beside "cancel me please order", and that is enough to be understood.
Stems are folded (no accents); the longest stem that begins a word wins; `=` alone drops the word.
"""

import re
from functools import lru_cache

from automation.intents.text import fold

_STEMS = """
objednavk=order objednan=ordered objednal=ordered objednat=order objednejte=order objednam=order objednavam=order
zrus=cancel rusim=cancel rusit=cancel nerus=do not cancel nezrus=do not cancel stornov=cancel storno=cancellation stornu=cancel
odvolat=call off odvolej=call off odstoup=withdraw odstupuji=withdraw odstupujeme=withdraw anulov=cancel vymaz=delete smaz=delete
zastav=stop pozastav=stop omyl=by mistake omylem=by mistake spletl=mistook rozmysl=changed mind nakonec=after all zajem=interest
nechci=do not want nechce=does not want nechtel=did not want nechteli=did not want nechtela=did not want chci=want chce=wants
chtel=would like chtela=would like chteli=would like prosim=please potrebuj=need nepotrebuj=do not need nutne=necessary
posilej=send poslat=send poslal=sent poslali=sent posle=sends poslete=send posilate=ship posilat=send posila=sends neposil=do not send
neposlal=did not send neposle=do not send odesl=shipped odeslat=ship odesila=ship odesilate=ship neodesl=not shipped
expedov=shipped expedic=dispatch neexped=do not ship vyexped=shipped zaslat=send zaslete=send zaslali=sent zasilk=parcel zasila=send
balik=parcel balic=parcel krabic=box obal=packaging nebal=do not pack zboz=goods vec=item veci=items vyrobek=product vyrobk=product
produkt=product polozk=item kus=piece
kde=where kdy=when kam=where proc=why jak=how jaky=which jaka=what jake=what kolik=how much kdo=who co=what ktery=which kter=which
kdyz=when pokud=if jestli=if zda=whether
moje=my muj=my mou=my meho=my moji=my mem=my me=my mi=me mne=me mam=I have nas=our vas=your vase=your vam=you vami=you u=at
je=is jsou=are jsem=am jste=you jsme=we byl=was byla=was bylo=was bude=will be budou=will be neni=is not nejsou=are not nebyl=was not nebude=will not be
doraz=arrive nedoraz=not arrived prijde=come prijit=come prisel=came prisla=came prislo=came prisly=came neprisel=did not come
neprisl=did not come neprijd=not come dojde=arrive dojit=arrive dosel=arrived dosl=arrived nedosl=not arrived dostal=received dostan=get
nedostal=not received obdrzel=received neobdrzel=not received prevzal=received doruc=delivery doruci=deliver dorucen=delivered
nedoruc=not delivered dodan=delivery dodac=delivery dodat=deliver dodej=deliver dodav=delivery nedodan=not delivered doved=know dovez=deliver
sledov=tracking stav=status status=status cislo=number cisl=number info=information inform=information novink=news
cekam=waiting ceka=waiting cekat=wait cekame=waiting ocekav=expect porad=still stale=still dosud=until now doposud=until now
dodnes=until today zatim=so far jeste=yet uz=already dlouho=long dnes=today vcera=yesterday zitra=tomorrow vcerejs=yesterday's
tyden=week tydn=weeks tydny=weeks den=day dni=days dny=days dnu=days mesic=month hodin=hours rano=morning vecer=evening
pondel=Monday uter=Tuesday stred=Wednesday ctvrt=Thursday patek=Friday patk=Friday sobot=Saturday nedel=Sunday vcas=in time pozd=late
termin=date zpozd=delayed ztrat=lost ztracen=lost nehnul=does not move ticho=silence depo=depot depu=depot kuryr=courier kuryr=courier
dopravc=carrier doprav=shipping doprava=shipping postovn=postage posta=post postou=by post zdarma=free prepravn=courier ridic=driver
vyzved=pick up vydejn=pick-up point odber=pick up osobn=personal expresn=express slovensk=Slovakia zahranic=abroad evrop=Europe
vrat=return vratk=refund vracen=return vracet=return vracit=return vratit=return nevrat=not returned penize=money penez=money penis=money
penezi=money zpet=back reklamac=complaint claim reklamov=complain claim refund=refund castk=amount castka=amount cen=price rozdil=difference
ucet=account uctu=account ucte=account ucty=accounts bank=bank kart=card plat=pay platb=payment zaplat=paid zaplatit=pay neplat=not pay
uhrad=paid dobirk=cash on delivery splatk=instalments strh=charged zamitn=declined neprosl=failed dvakrat=twice
vymen=exchange vymenit=exchange mensi=smaller vetsi=bigger velikost=size velk=large mal=small male=small mala=small dlouh=long kratk=short
nesed=does not fit nevyhov=does not suit nelib=do not like nechutn=do not like taste sed=fit barv=colour modr=blue cerven=red sed=grey siv=grey bil=white
cern=black zelen=green
rozbit=broken rozbil=broke poskoz=damaged prasklinu=crack praskl=cracked vadn=defective zavad=defect nefung=does not work fungov=working funguj=works
pokazen=broken zniceny=destroyed znicen=destroyed pomack=crushed dir=hole skvrn=stain roztrh=torn rozsyp=spilled vytek=leaked ulomen=broken
spatn=wrong bad jin=other jinou=other jiny=different jineho=different ciz=somebody else's zamen=swapped mix-up misto=instead of omyl=mistake
chybi=missing chybel=missing chybej=missing neupln=incomplete prazdn=empty pouze=only jen=only jenom=only
adres=address ulic=street dum=house domu=home doma=at home praci=work prace=work prestehov=moved stehuj=moving psc=postcode mesto=city
zmen=change zmena=change zmenit=change uprav=edit opravit=correct oprav=correct pridat=add pridej=add prida=add vyndej=remove odeber=remove
spojit=combine spojt=combine prohod=swap
stez=complain stiznost=complaint skandal=scandal nehoraz=outrageous neprijateln=unacceptable zklam=disappointed hrozn=terrible nejhors=worst
ostud=shame drz=rude nikdo=nobody nikdy=never neodpov=no answer odpov=answer odpovid=answers nekomunik=do not communicate nespokojen=dissatisfied
spokojen=satisfied naklad=costs nahrad=compensation odskodn=compensation alerg=allergic reakc=reaction lekar=doctor zdravot=health potiz=trouble
problem=problem podvod=fraud soud=court okamzit=immediately ihned=immediately naleh=urgent urgent=urgent
faktur=invoice uctenk=receipt danov=tax doklad=receipt dic=VAT number ico=company number firm=company stahn=download
heslo=password hesla=password prihlas=log in odhlas=unsubscribe registr=register zaregistr=register zapomnel=forgot zapomen=forget email=email e-mail=email mail=mail
maily=mails telefon=phone zavol=call volat=call
newsletter=newsletter reklam=advertising reklamni=advertising reklamy=advertising predplat=subscription odber=subscription odeber=subscribe novinek=newsletter
dekuj=thank you diky=thanks dekuju=thank you ahoj=hello dobry=good dobre=good hezk=nice nashled=goodbye shled=goodbye pozdrav=greetings vyresen=solved
krasn=beautiful nadhern=wonderful skvel=great super=great kvalit=quality recenz=review hvezd=stars navrh=suggestion rychl=fast chval=praise doporuc=recommend
clovek=human clovekem=human mluvit=talk operat=operator operator podpor=support zakaznick=customer service vedouc=manager kontakt=contact
slev=discount slevov=discount kod=code kupon=coupon poukaz=voucher akc=sale promo=promo vyprse=expired vyprsel=expired
sklad=stock skladem=in stock dostupn=available material=material slozen=ingredients composition obsahuj=contains obsah=content vhodn=suitable hodi=suitable
uziv=take use uzivat=take pouziv=use pouzit=use navod=instructions manual prat=wash prani=washing sirok=wide vysok=tall rozmer=dimensions
lepek=gluten laktoz=lactose vegan=vegan vegetarian=vegetarian tehot=pregnant koj=breastfeeding diabet=diabetes bezpec=safe ucin=effect mnozstv=amount
davkov=dosage protein=protein vitamin=vitamin bilkovin=protein porc=serving prichut=flavour cokolad=chocolate vanilk=vanilla cvic=exercise
zena=woman muz=man let=years vek=age det=children deti=children rozdil=difference doporucil=recommend porad=advise poradit=advise poradte=advise
mat=have mate=do you have maji=have nemate=do you not have muz=can muze=can muzu=can muzete=can you mohu=can mohl=could mohli=could lze=is it possible
jde=possible slo=possible nejde=cannot nemohu=cannot nemuz=cannot da=possible da=can moct=can
prodejn=shop obchod=shop eshop=shop oteviraci=opening oteviraci=opening otevren=open dob=time adresa=address
web=website stranka=page stranky=website aplikac=app kosik=basket kosiku=basket tlacit=button odkaz=link chyb=error nacit=load nenacit=does not load pad=crashes
nabiz=offer nabizime=we offer nabid=offer spoluprac=cooperation clanek=article seo=SEO vyhral=won vyhra=prize klikn=click pujck=loan agentur=agency plochy=space portal=portals
trzb=sales partner=partner
poplat=fee podmink=conditions pravidl=rules garanc=guarantee zaruk=warranty
koupit=buy koupil=bought koupi=buy nakup=purchase nakoup=buy nenakoup=not buy kupuj=buy
znovu=again nov=new novy=new nahradn=replacement dil=part dilu=part chybejic=missing
dvakrat=twice druh=second stejn=same duplic=duplicate navic=extra stejne=same jedn=one jeden=one dva=two dve=two tri=three
zeptat=ask ptat=ask dotaz=question dotazu=question zajim=interested zajima=interested vedet=know vim=know nevim=do not know zjist=find out
napist=write napsat=write napiste=write psal=wrote pisu=write pise=says informac=information potvrz=confirmation zprav=message
prodlouz=extend levnej=cheaper jinde=elsewhere narozenin=birthday darek=gift dark=gift
bez=without nemam=do not have objednavek=orders udelal=made prave=just vypada=looks byt=be neco=something pozaduj=demand trva=takes pri=during
stoji=costs mozn=possible mozna=maybe syn=son dovolen=permission manzel=husband manzelk=wife radej=rather nevid=cannot see udel=do aktualn=current stac=enough
nevezm=will not take dovolit=afford driv=before bat=worry bojim=afraid vubec=at all zadn=no lezi=lies stuck uplynul=passed zpracov=processing deje=happening minul=last
necht=leave nechat=leave necham=keep zadal=entered zadat=enter star=old zadam=request zad=request pripad=cases obvykl=usually stitek=label postup=procedure rad=glad
prestal=stopped pasek=belt velmi=very moc=very podat=file obrat=turn cehoz=which ceho=what zase=again balen=package priprav=product kapsl=capsules brat=take zacat=beginners
mezi=between model=model zpusob=methods prijim=accept bere=accept pomoc=help rozumim=I understand rozum=understand zde=here sluzb=services zvys=increase domluv=arrange
schuz=meeting rekn=tell vypoved=terminate hled=look for pomoz=help automat=automatic mimo=out of kancel=office smlouv=contract
pocas=weather vtip=joke letenk=flight rezervac=reservation stol=table zubar=dentist pojist=insurance prevod=transfer zamestn=job
povlecen=bed linen povlak=pillowcase zaves=curtains ubrus=tablecloth ubrous=napkins dek=blanket prosterad=sheet lamp=lamp vaz=vase talir=plate saty=dress sat=dress bot=shoes
si=  se=  to=it ten=the ta=the tu=the toho=it by=would bych=would byste=would za=for na=on do=to v=in ve=in z=from ze=from s=with k=to ke=to a=and i=and ale=but nebo=or ani=nor ne=no ano=yes nic=nothing nejak=somehow tak=so takze=so pro=for po=after pred=before od=from o=about cca=about tam=there tady=here ted=now stihne=in time stihnou=in time mel=should mela=should melo=should mely=should pry=allegedly vse=everything vsech=all vsechno=everything cel=whole zbyt=rest cast=part
"""

_WORD = re.compile(r"[^\W\d_]+")
_LONGEST_STEM = 12


def _stems() -> dict[str, str]:
    table: dict[str, str] = {}
    for entry in re.findall(r"(\S+?)=(.*?)(?=\s+\S+=|\s*$)", _STEMS.replace("\n", " ")):
        table.setdefault(entry[0], entry[1].strip())
    return table


_GLOSSES = _stems()


@lru_cache(maxsize=8_192)
def _gloss(word: str) -> str:
    for size in range(min(len(word), _LONGEST_STEM), 2, -1):
        found = _GLOSSES.get(word[:size])
        # A stem of one to three letters is a whole word: "co" must not begin "cokoli".
        if found is not None and (size > 3 or size == len(word) or len(word) - size <= 2):
            return found
    return _GLOSSES.get(word, word)


def in_english(sentence: str) -> str:
    """The sentence with each known Czech word replaced by an English one, in Czech word order."""
    return _WORD.sub(lambda word: _gloss(word.group()), fold(sentence))
